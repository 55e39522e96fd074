/** One request's response on an HTTP/1 connection: its head, framing and body. */
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason, ResponseHead, ServerConnection, ServerStream, StreamHandler } from '../http/stream.ts'
import type { Transport } from '../net/transport.ts'
import { BodyWriter } from './body-writer.ts'
import { BY_LENGTH, CHUNKED, type Framing, isBodyless, NO_BODY, TUNNEL, UNTIL_CLOSE } from './framing.ts'
import { headWriter } from './head-writer.ts'
import { lengthOf } from './header-block.ts'

/** What the stream needs of its connection. Calls of a stream whose turn is over are ignored. */
export interface ServerStreamOwner extends ServerConnection {
  readonly transport: Transport
  /** Whether a response that starts now must say that the connection ends after it. `last`: and it ends at once. */
  closesAfter(last: boolean): boolean
  /** The response is written whole; `close`: it said, or means, that the connection ends with it. */
  responseEnded(close: boolean): void
  /** The answer to Upgrade or CONNECT was yes: from now on bytes. */
  startTunnel(): void
  /** The answer was no. @returns whether the connection must end with it */
  declineTunnel(connect: boolean): boolean
  /** Our half of the tunnel is to end. */
  endTunnelWriting(): void
  streamReset(stream: Http1ServerStream): void
  stopReading(stream: Http1ServerStream): void
  startReading(stream: Http1ServerStream): void
}

export class Http1ServerStream implements ServerStream {
  readonly connection: ServerStreamOwner
  /** Who hears the rest of the request. Nobody, until `onRequest` has returned. */
  handler: StreamHandler = NOBODY
  responded = false
  ended = false

  readonly #body = new BodyWriter()
  readonly #http10: boolean
  readonly #isHead: boolean
  readonly #isConnect: boolean
  readonly #upgrade: string | undefined
  /** Upgrade or CONNECT: the answer decides what the connection becomes. */
  readonly #tunnels: boolean
  #inTunnel = false
  /** The connection ends with this response. */
  #close: boolean

  constructor(connection: ServerStreamOwner, head: RequestHead, tunnels: boolean, close: boolean) {
    this.connection = connection
    this.#http10 = head.protocol === 'HTTP/1.0'
    this.#isHead = head.method === 'HEAD'
    this.#isConnect = head.method === 'CONNECT'
    this.#upgrade = head.upgrade
    this.#tunnels = tunnels
    this.#close = close
  }

  respondInformational(head: ResponseHead): void {
    // A 1.0 client would take it for the response (RFC 9110 section 15.2).
    if (this.responded || this.ended || this.#http10) return
    headWriter.statusLine(head.status)
    headWriter.fields(head.headers, false)
    this.connection.transport.write(headWriter.end())
  }

  respond(head: ResponseHead, last: boolean): void {
    if (this.responded || this.ended) return
    this.responded = true
    const tunnel = head.status === 101 ? this.#upgrade !== undefined : this.#isConnect && head.status >= 200 && head.status < 300
    if (head.status < 200 && !tunnel) {
      this.reset('protocol-error')
      return
    }
    if (tunnel) this.#respondTunnel(head)
    else this.#respondMessage(head, last)
    if (last) this.write(NOTHING, true)
  }

  write(chunk: Uint8Array, last: boolean): boolean {
    if (this.ended || !this.responded) return true
    const more = this.#body.write(this.connection.transport, chunk, last)
    if (this.#body.broken) this.reset('protocol-error')
    else if (last) this.#end()
    return more
  }

  writeTrailers(trailers: Headers): void {
    if (this.ended || !this.responded) return
    // A 1.0 client knows no chunks; framed by length, there is no place for trailers.
    this.#body.writeTrailers(this.connection.transport, trailers)
    if (this.#body.broken) this.reset('protocol-error')
    else this.#end()
  }

  reset(_reason: ResetReason): void {
    if (this.ended && !this.#inTunnel) return
    this.ended = true
    this.connection.streamReset(this)
  }

  pause(): void {
    this.connection.stopReading(this)
  }

  resume(): void {
    this.connection.startReading(this)
  }

  #respondMessage(head: ResponseHead, last: boolean): void {
    if (this.#tunnels && this.connection.declineTunnel(this.#isConnect)) this.#close = true
    const length = lengthOf(head.headers)
    let framing: Framing = CHUNKED
    if (this.#isHead || isBodyless(head.status)) framing = NO_BODY
    else if (length !== -1 || last) framing = BY_LENGTH
    else if (this.#http10) framing = UNTIL_CLOSE
    this.#close ||= framing === UNTIL_CLOSE || this.connection.closesAfter(last)

    headWriter.statusLine(head.status)
    // 204 must not have a length; to HEAD and 304 it is that of the body which is not sent (RFC 9110 section 8.6).
    headWriter.fields(head.headers, head.status !== 204 && length !== -1)
    if (framing === CHUNKED) headWriter.ascii('transfer-encoding: chunked\r\n')
    else if (framing === BY_LENGTH && length === -1) headWriter.ascii('content-length: 0\r\n')
    if (this.#close) headWriter.ascii('connection: close\r\n')
    else if (this.#http10) headWriter.ascii('connection: keep-alive\r\n')
    this.connection.transport.write(headWriter.end())
    this.#body.begin(framing, Math.max(0, length))
  }

  #respondTunnel(head: ResponseHead): void {
    headWriter.statusLine(head.status)
    headWriter.fields(head.headers, false)
    if (this.#upgrade !== undefined && head.status === 101) {
      headWriter.ascii('connection: upgrade\r\n')
      headWriter.field('upgrade', this.#upgrade)
    }
    this.connection.transport.write(headWriter.end())
    this.#body.begin(TUNNEL, 0)
    this.#inTunnel = true
    this.connection.startTunnel()
  }

  #end(): void {
    this.ended = true
    if (this.#inTunnel) this.connection.endTunnelWriting()
    else this.connection.responseEnded(this.#close)
  }
}

const NOTHING = Buffer.alloc(0)
const NOBODY: StreamHandler = { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} }
