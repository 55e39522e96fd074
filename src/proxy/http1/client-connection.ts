/**
 * An upstream HTTP/1 connection: one request at a time, its response read strictly. Whenever it is not certain that the connection is
 * at the border of two messages, it is closed and not used again.
 */
import type { Headers } from '../http/headers.ts'
import type {
  ClientConnection,
  ClientConnectionOwner,
  ClientStream,
  RequestHead,
  ResetReason,
  ResponseHandler,
} from '../http/stream.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import { BodyReader, type BodySink } from './body-reader.ts'
import { type ClientStreamOwner, Http1ClientStream } from './client-stream.ts'
import { BY_LENGTH, CHUNKED, type Framing, isBodyless, NO_BODY, TUNNEL_PENDING, UNTIL_CLOSE } from './framing.ts'
import { FAILED, type HeadLimits, NEED_MORE } from './head-reader.ts'
import { headWriter } from './head-writer.ts'
import { lengthOf } from './header-block.ts'
import type { ProtocolErrorCode } from './protocol-error.ts'
import { ResponseReader } from './response-reader.ts'

export interface Http1ClientOptions {
  readonly limits: HeadLimits
  readonly owner: ClientConnectionOwner
  /** The upstream's response is not HTTP; its stream hears `onReset('protocol-error')`. For logs and statistics. */
  onProtocolError(code: ProtocolErrorCode, detail: string): void
}

/** What the next byte belongs to. */
const IDLE = 0
const HEAD = 1
const BODY = 2
const IN_TUNNEL = 3
const CLOSED = 4

const NOTHING: Buffer = Buffer.alloc(0)

export class Http1ClientConnection implements ClientConnection, ClientStreamOwner, TransportHandler, BodySink {
  readonly protocol = 'HTTP/1.1'
  readonly transport: Transport
  readonly #options: Http1ClientOptions
  readonly #reader: ResponseReader
  readonly #body: BodyReader
  #state: 0 | 1 | 2 | 3 | 4 = IDLE
  #stream: Http1ClientStream | undefined
  /** The body being read ends with the connection. */
  #untilClose = false
  #responseDone = false
  /** No further request after this one. */
  #last = false
  #paused = false
  #peerEnded = false

  /** Takes an established transport over. */
  constructor(transport: Transport, options: Http1ClientOptions) {
    this.transport = transport
    this.#options = options
    this.#reader = new ResponseReader(options.limits)
    this.#body = new BodyReader(options.limits, this)
    transport.handler = this
  }

  get active(): number {
    return this.#stream === undefined ? 0 : 1
  }

  get capacity(): number {
    return this.#state === IDLE && !this.#last ? 1 : 0
  }

  open(head: RequestHead, last: boolean, handler: ResponseHandler): ClientStream {
    const stream = new Http1ClientStream(this, head, handler)
    if (this.capacity === 0) {
      stream.active = false
      queueMicrotask(() => handler.onReset('connection-closed'))
      return stream
    }
    this.#stream = stream
    this.#state = HEAD
    this.#responseDone = false
    const length = lengthOf(head.headers)
    let framing: Framing = CHUNKED
    if (stream.isConnect || stream.upgrades) framing = TUNNEL_PENDING
    else if (length !== -1) framing = BY_LENGTH
    else if (last) framing = NO_BODY
    stream.begin(framing, Math.max(0, length))

    headWriter.requestLine(head)
    headWriter.fields(head.headers, framing === BY_LENGTH)
    if (framing === CHUNKED) headWriter.ascii('transfer-encoding: chunked\r\n')
    else if (framing === NO_BODY && impliesBody(head.method)) headWriter.ascii('content-length: 0\r\n')
    if (stream.upgrades) {
      headWriter.ascii('connection: upgrade\r\n')
      headWriter.field('upgrade', head.upgrade ?? '')
    } else if (head.headers.has('te')) headWriter.ascii('connection: te\r\n')
    this.transport.write(headWriter.end())
    if (last && framing !== TUNNEL_PENDING) stream.write(NOTHING, true)
    return stream
  }

  drain(): void {
    this.#last = true
    if (this.#state === IDLE) this.#close()
  }

  destroy(): void {
    this.#abort()
  }

  // ---- from the transport

  onBytes(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      switch (this.#state) {
        case HEAD: {
          const end = this.#reader.read(bytes, at)
          if (end === NEED_MORE) return
          if (end === FAILED) {
            this.#fail(this.#reader.error, this.#reader.detail)
            return
          }
          at = end
          this.#response()
          break
        }
        case BODY: {
          const end = this.#body.read(bytes, at)
          if (end === NEED_MORE) return
          if (end === FAILED) {
            this.#fail(this.#body.error, this.#body.detail)
            return
          }
          at = end
          break
        }
        case IN_TUNNEL:
          this.#stream?.handler.onData(at === 0 ? bytes : bytes.subarray(at), false)
          return
        case IDLE:
          // Nobody asked: the answer to the next request would be somebody else's choice.
          this.#fail('http1.unexpected_bytes', `${bytes.length - at} after the response`)
          return
        default:
          return
      }
      if (this.#responseDone) this.#finish(at === bytes.length)
    }
  }

  onEnd(): void {
    this.#peerEnded = true
    const stream = this.#stream
    if (this.#state === IN_TUNNEL) {
      this.#responseDone = true
      stream?.handler.onData(NOTHING, true)
      this.#endTunnel()
    } else if (this.#state === BODY && this.#untilClose) {
      this.#close()
      this.#stream = undefined
      if (stream !== undefined) {
        stream.active = false
        stream.handler.onData(NOTHING, true)
      }
    } else this.#lose('connection-closed')
  }

  onWritable(): void {
    this.#stream?.handler.onWritable()
  }

  onClosed(): void {
    this.#lose('connection-closed')
    this.#options.owner.onClosed(this)
  }

  // ---- from the body reader

  onBody(chunk: Buffer, last: boolean): void {
    if (last) this.#responseDone = true
    this.#stream?.handler.onData(chunk, last)
  }

  onBodyTrailers(trailers: Headers): void {
    this.#responseDone = true
    this.#stream?.handler.onTrailers(trailers)
  }

  // ---- from the stream

  stopReading(): void {
    this.#paused = true
    this.transport.pause()
  }

  startReading(): void {
    this.#paused = false
    this.transport.resume()
  }

  requestEnded(stream: Http1ClientStream): void {
    if (this.#state !== IN_TUNNEL || stream !== this.#stream) return
    this.transport.end()
    this.#endTunnel()
  }

  streamReset(stream: Http1ClientStream): void {
    // Both messages are complete: nothing is left to be reset, and the connection is as good as before.
    if (stream !== this.#stream || (this.#responseDone && stream.requestDone)) return
    stream.active = false
    this.#stream = undefined
    this.#abort()
  }

  abortBroken(stream: Http1ClientStream): void {
    if (stream !== this.#stream) return
    this.streamReset(stream)
    queueMicrotask(() => stream.handler.onReset('protocol-error'))
  }

  // ---- within

  #response(): void {
    const reader = this.#reader
    const stream = this.#stream
    if (stream === undefined) return
    const { status } = reader
    const head = { status, headers: reader.headers }
    if (status === 101) {
      if (!stream.upgrades || reader.upgrade === undefined) this.#fail('http1.unexpected_upgrade', reader.upgrade ?? '')
      else this.#tunnel(stream, head)
      return
    }
    if (status < 200) {
      stream.handler.onInformational(head)
      return
    }
    if (stream.isConnect && status < 300) {
      this.#tunnel(stream, head)
      return
    }
    if (stream.isConnect || stream.upgrades) stream.declineTunnel()
    const says = reader.framing
    let framing: Framing = UNTIL_CLOSE
    if (stream.isHead || isBodyless(status)) framing = NO_BODY
    else if (says.chunked) framing = CHUNKED
    else if (says.contentLength !== -1) framing = says.contentLength === 0 ? NO_BODY : BY_LENGTH
    this.#untilClose = framing === UNTIL_CLOSE
    this.#state = BODY
    this.#body.begin(framing, says.contentLength)
    this.#responseDone = framing === NO_BODY
    if (!this.#last && (this.#untilClose || says.close || (reader.minorVersion === 0 && !says.keepAlive))) {
      this.#last = true
      this.#options.owner.onDraining(this)
    }
    stream.handler.onResponse(head, framing === NO_BODY)
  }

  #tunnel(stream: Http1ClientStream, head: { status: number; headers: Headers }): void {
    this.#state = IN_TUNNEL
    this.#last = true
    this.#options.owner.onDraining(this)
    stream.handler.onResponse(head, false)
    if (stream.active) stream.startTunnel()
  }

  #endTunnel(): void {
    const stream = this.#stream
    if (stream === undefined || !this.#responseDone || !stream.requestDone) return
    stream.active = false
    this.#stream = undefined
    this.#state = CLOSED
  }

  /** The response is complete; `clean`: and nothing follows it. */
  #finish(clean: boolean): void {
    this.#responseDone = false
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    stream.active = false
    if (!stream.requestDone || this.#last || this.#peerEnded) {
      this.#close()
      return
    }
    this.#state = IDLE
    if (this.#paused) this.startReading()
    // With bytes left the loop goes on, and closes.
    if (clean) this.#options.owner.onCapacity(this)
  }

  #fail(code: ProtocolErrorCode, detail: string): void {
    this.#options.onProtocolError(code, detail)
    this.#abort()
    this.#lose('protocol-error')
  }

  /** The connection is over; the stream on it too. */
  #lose(reason: ResetReason): void {
    this.#abort()
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    stream.active = false
    stream.handler.onReset(reason)
  }

  #close(): void {
    this.#state = CLOSED
    this.#body.stop()
    this.transport.destroy()
  }

  #abort(): void {
    if (this.#state === CLOSED) return
    this.#state = CLOSED
    this.#body.stop()
    this.transport.destroy(true)
  }
}

/** Methods that are expected to bring a body say so when they bring none (RFC 9110 section 8.6). */
function impliesBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}
