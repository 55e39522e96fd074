/**
 * A downstream HTTP/1 connection: reads requests one after the other, hands each to the layer above as a stream, and decides whether
 * the connection goes on after its response. Pipelined requests wait until their turn has come, so responses can't be out of order.
 */
import type { TimerWheel } from '../../lib/timer-wheel.ts'
import type { Headers } from '../http/headers.ts'
import type { OnRequest, RequestHead, ResetReason, ServerConnection } from '../http/stream.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import { BodyReader, type BodySink } from './body-reader.ts'
import { BY_LENGTH, CHUNKED } from './framing.ts'
import { FAILED, type HeadLimits, NEED_MORE } from './head-reader.ts'
import { headWriter } from './head-writer.ts'
import { type ProtocolErrorCode, STATUS_OF } from './protocol-error.ts'
import { reasonOf } from './reason.ts'
import { RequestReader } from './request-reader.ts'
import { Http1ServerStream, type ServerStreamOwner } from './server-stream.ts'
import { type ServerTimeouts, ServerTimer, type TimedConnection } from './server-timer.ts'

export interface Http1ServerOptions extends ServerTimeouts {
  /** Of requests that do not name one: what the transport is. */
  readonly scheme: 'http' | 'https'
  readonly limits: HeadLimits
  readonly timers: TimerWheel
  readonly onRequest: OnRequest
  /** A request was refused by the codec and nobody else hears of it. For logs and statistics. */
  onProtocolError(code: ProtocolErrorCode, detail: string): void
  onClosed(connection: ServerConnection): void
}

/** What the next byte belongs to. */
const HEAD = 0
const BODY = 1
/** A response must be finished before anything else is read. */
const WAIT = 2
const TUNNEL = 3
/** Our half is closed; what still comes is not looked at. */
const CLOSING = 4
const CLOSED = 5

const NOTHING: Buffer = Buffer.alloc(0)

export class Http1ServerConnection implements ServerStreamOwner, TransportHandler, TimedConnection, BodySink {
  readonly protocol = 'HTTP/1.1'
  readonly transport: Transport
  readonly #options: Http1ServerOptions
  readonly #reader: RequestReader
  readonly #body: BodyReader
  #state: 0 | 1 | 2 | 3 | 4 | 5 = HEAD
  #stream: Http1ServerStream | undefined
  #requestDone = true
  /** Bytes that wait for their turn. */
  #held = NOTHING
  #paused = false
  #peerEnded = false
  /** Within `#consume`: there may be more requests in its bytes. */
  #consuming = false
  #draining = false
  readonly #timer: ServerTimer

  /** Takes the transport over. What protocol detection has read already goes to `onBytes`. */
  constructor(transport: Transport, options: Http1ServerOptions) {
    this.transport = transport
    this.#options = options
    this.#reader = new RequestReader(options.limits)
    this.#body = new BodyReader(options.limits, this)
    this.#timer = new ServerTimer(options.timers, options, this)
    this.#timer.idle()
    transport.handler = this
  }

  get active(): number {
    return this.#stream === undefined ? 0 : 1
  }

  drain(): void {
    if (this.#draining || this.#state >= CLOSING) return
    this.#draining = true
    if (this.#stream === undefined && this.#timer.phase === 'idle') this.#timer.drain()
  }

  destroy(): void {
    this.#abort()
  }

  // ---- from the transport

  onBytes(bytes: Buffer): void {
    if (this.#held.length === 0) this.#consume(bytes, false)
    else this.#held = Buffer.concat([this.#held, bytes])
  }

  onEnd(): void {
    this.#peerEnded = true
    switch (this.#state) {
      case HEAD:
        this.#endIfPeerDid()
        break
      case BODY:
        this.#abort()
        this.#resetStream('connection-closed')
        break
      case TUNNEL:
        this.#requestDone = true
        this.#stream?.handler.onData(NOTHING, true)
        this.#endTunnel()
    }
    // WAIT: a client may close its half after a request and still read the response.
  }

  onWritable(): void {
    this.#stream?.handler.onWritable()
  }

  onClosed(): void {
    this.#state = CLOSED
    this.#body.stop()
    this.#timer.stop()
    this.#held = NOTHING
    this.#resetStream('connection-closed')
    this.#options.onClosed(this)
  }

  // ---- from the body reader

  onBody(chunk: Buffer, last: boolean): void {
    if (last) this.#requestDone = true
    this.#stream?.handler.onData(chunk, last)
  }

  onBodyTrailers(trailers: Headers): void {
    this.#requestDone = true
    this.#stream?.handler.onTrailers(trailers)
  }

  // ---- from the timer

  onHeadTimeout(): void {
    this.#refuse('http1.head_timeout', '')
  }

  onIdleTimeout(): void {
    this.#close()
  }

  // ---- from the stream

  closesAfter(last: boolean): boolean {
    return this.#draining || (last && !this.#requestDone)
  }

  stopReading(stream: Http1ServerStream): void {
    if (stream !== this.#stream || this.#state === WAIT) return
    this.#paused = true
    this.transport.pause()
  }

  startReading(stream: Http1ServerStream): void {
    if (stream !== this.#stream || !this.#paused) return
    this.#paused = false
    // With bytes held back for their turn, no more are wanted.
    if (this.#held.length === 0) this.transport.resume()
  }

  startTunnel(): void {
    this.#state = TUNNEL
    this.#requestDone = false
    this.#releaseHeld()
  }

  /** The request was an ordinary one without a body. But bytes meant for the tunnel must not be read as the next request. */
  declineTunnel(connect: boolean): boolean {
    this.#requestDone = true
    return connect || this.#held.length > 0
  }

  endTunnelWriting(): void {
    this.transport.end()
    this.#endTunnel()
  }

  responseEnded(close: boolean): void {
    this.#stream = undefined
    // What follows can't be told from the rest of the request without reading all of it: an early response ends the connection.
    if (close || !this.#requestDone) {
      this.#close()
      return
    }
    this.#state = HEAD
    this.#timer.used = true
    if (this.#draining && this.#timer.phase === 'idle') this.#timer.drain()
    if (this.#held.length > 0) this.#releaseHeld()
    else if (this.#paused) {
      this.#paused = false
      this.transport.resume()
    }
    this.#endIfPeerDid()
  }

  streamReset(stream: Http1ServerStream): void {
    if (stream !== this.#stream) return
    this.#stream = undefined
    this.#abort()
  }

  // ---- within

  #consume(bytes: Buffer, owned: boolean): void {
    this.#consuming = true
    this.#parse(bytes, owned)
    this.#consuming = false
    if (this.#peerEnded) this.#endIfPeerDid()
  }

  #parse(bytes: Buffer, owned: boolean): void {
    let at = 0
    while (at < bytes.length) {
      switch (this.#state) {
        case HEAD: {
          const end = this.#reader.read(bytes, at)
          if (end === NEED_MORE) {
            if (this.#timer.phase !== 'head' && this.#reader.begun) this.#timer.head()
            return
          }
          if (end === FAILED) {
            this.#refuse(this.#reader.error, this.#reader.detail)
            return
          }
          if (this.#timer.phase === 'head') this.#timer.idle()
          at = end
          this.#request()
          break
        }
        case BODY: {
          const end = this.#body.read(bytes, at)
          if (end === NEED_MORE) return
          if (end === FAILED) {
            this.#refuse(this.#body.error, this.#body.detail)
            return
          }
          at = end
          // The response may have ended with the request's last byte, and the state be another already.
          if (this.#state === BODY) this.#state = WAIT
          break
        }
        case WAIT:
          this.#hold(bytes, at, owned)
          return
        case TUNNEL:
          this.#stream?.handler.onData(at === 0 ? bytes : bytes.subarray(at), false)
          return
        default:
          return
      }
    }
  }

  #request(): void {
    const reader = this.#reader
    const { framing } = reader
    const http10 = reader.minorVersion === 0
    const tunnels = reader.upgrade !== undefined || reader.method === 'CONNECT'
    const last = !framing.chunked && framing.contentLength <= 0 && !tunnels
    const head: RequestHead = {
      protocol: http10 ? 'HTTP/1.0' : 'HTTP/1.1',
      method: reader.method,
      scheme: reader.scheme ?? this.#options.scheme,
      authority: reader.authority,
      path: reader.path,
      headers: reader.headers,
      upgrade: reader.upgrade,
    }
    const close = framing.close || (http10 && !framing.keepAlive)
    const stream = new Http1ServerStream(this, head, tunnels, close)
    this.#stream = stream
    this.#requestDone = last
    if (last || tunnels) this.#state = WAIT
    else {
      this.#state = BODY
      this.#body.begin(framing.chunked ? CHUNKED : BY_LENGTH, framing.contentLength)
    }
    stream.handler = this.#options.onRequest(stream, head, last)
  }

  #hold(bytes: Buffer, at: number, owned: boolean): void {
    const rest = at === 0 ? bytes : bytes.subarray(at)
    this.#held = owned ? rest : Buffer.from(rest)
    this.transport.pause()
  }

  #releaseHeld(): void {
    const held = this.#held
    this.#held = NOTHING
    this.#paused = false
    this.transport.resume()
    if (held.length > 0) this.#consume(held, true)
  }

  /** Nothing is under way, and nothing more will come. */
  #endIfPeerDid(): void {
    if (!this.#peerEnded || this.#consuming || this.#state !== HEAD) return
    if (this.#reader.begun) this.#abort()
    else this.#close()
  }

  #resetStream(reason: ResetReason): void {
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    stream.ended = true
    stream.handler.onReset(reason)
  }

  #endTunnel(): void {
    if (this.#requestDone && this.#stream?.ended === true) this.#stream = undefined
  }

  /** Answers what is not a request, or not the rest of one, and ends the connection. */
  #refuse(code: ProtocolErrorCode, detail: string): void {
    this.#options.onProtocolError(code, detail)
    if (this.#stream?.responded === true) this.#abort()
    else {
      const status = STATUS_OF[code]
      const reason = reasonOf(status)
      headWriter.statusLine(status)
      headWriter.ascii(`content-length: ${reason.length}\r\ncontent-type: text/plain\r\nconnection: close\r\n`)
      this.transport.write(headWriter.end())
      this.transport.write(Buffer.from(reason))
      this.#close()
    }
    this.#resetStream('protocol-error')
  }

  /** Ends properly: what is written still goes out, then the client closes its half. */
  #close(): void {
    if (this.#state >= CLOSING) return
    this.#state = CLOSING
    this.#body.stop()
    this.#held = NOTHING
    this.transport.end()
    this.transport.resume()
    this.#timer.linger()
  }

  #abort(): void {
    if (this.#state === CLOSED) return
    this.#state = CLOSED
    this.#body.stop()
    this.#timer.stop()
    this.transport.destroy(true)
  }
}
