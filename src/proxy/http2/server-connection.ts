/**
 * A downstream HTTP/2 connection: turns header blocks into requests, and drains without losing any.
 */
import type { Headers } from '../http/headers.ts'
import type { OnRequest, RequestHead } from '../http/stream.ts'
import type { Transport } from '../net/transport.ts'
import { Http2Connection, type Http2Setup } from './connection.ts'
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM } from './error-codes.ts'
import { LARGEST_STREAM_ID } from './frame.ts'
import { Http2ServerStream, type ServerStreamHost } from './server-stream.ts'
import { protocolOfScheme } from './shared-connection.ts'
import type { Http2Stream } from './stream.ts'
import { addWebSocketKey } from './websocket-handshake.ts'

export interface Http2ServerOptions extends Http2Setup {
  /** Of the transport: "https" after TLS was terminated here. */
  readonly scheme: 'http' | 'https'
  /** The client says which protocol a request was in (shared-connection.ts). @default false */
  readonly shared?: boolean
  readonly onRequest: OnRequest
  /** The client broke the protocol, or a limit. For logs and statistics. */
  onProtocolError(reason: string): void
  /** The connection has ended, and each of its streams has heard so. */
  onClosed(): void
}

/** How long a client may take to show that it has read the first GOAWAY. Milliseconds. */
const DRAIN_ANSWER_MS = 5000
const DRAIN_MARK = 2
const DRAIN_PING = Buffer.from(`\0\0\0\0\0\0\0${String.fromCharCode(DRAIN_MARK)}`, 'latin1')

export class Http2ServerConnection extends Http2Connection implements ServerStreamHost {
  readonly #options: Http2ServerOptions
  #last = 0
  /** Streams that were skipped when the last one was opened: never used, and closed for good. */
  #skippedFrom = 0
  #draining = false
  /** The second GOAWAY is out: streams beyond this one are not accepted. */
  #lastAccepted = LARGEST_STREAM_ID
  #cancelDrain: (() => void) | undefined

  /** Takes the transport over. */
  constructor(transport: Transport, options: Http2ServerOptions) {
    super(transport, 'server', options)
    this.#options = options
    this.greet()
  }

  /**
   * Two GOAWAYs (RFC 9113 section 6.8): the first asks for no new streams; the second, when the client has shown by its PING answer that it
   * read the first, names the last stream that was accepted. No stream is refused in between.
   */
  drain(): void {
    if (this.#draining || this.stopped) return
    this.#draining = true
    this.sendGoaway(LARGEST_STREAM_ID, NO_ERROR)
    this.writer.ping(DRAIN_PING, false)
    this.#cancelDrain = this.setup.clock.after(DRAIN_ANSWER_MS, () => this.#settleDrain())
  }

  sendResponse(id: number, status: number, headers: Headers, switching: boolean, last: boolean): void {
    this.beginBlock(headers)
    this.encoder.field(':status', statusText(status))
    if (switching) headers.remove('sec-websocket-accept')
    headers.forEach(this.encoder.encodeField)
    this.endBlock(id, last)
  }

  protected get lastPeerStream(): number {
    return Math.min(this.#last, this.#lastAccepted)
  }

  protected isIdle(stream: number): boolean {
    return stream > this.#last || stream % 2 === 0
  }

  protected onBlock(id: number, last: boolean): void {
    const stream = this.streams.get(id)
    if (stream !== undefined) this.#onTrailers(stream, last)
    else if (id % 2 === 0 || (id <= this.#last && id >= this.#skippedFrom && id < this.#last))
      this.connectionError(PROTOCOL_ERROR, 'a stream that the client may not open')
    else if (id <= this.#last) this.onStrayHeaders(id, undefined)
    else this.#onRequest(id, last)
  }

  #onRequest(id: number, last: boolean): void {
    this.#skippedFrom = this.#last + 2
    this.#last = id
    const { block } = this
    const { options } = this.setup
    if (id > this.#lastAccepted || this.streams.size >= options.maxConcurrentStreams) {
      this.refuse(id, REFUSED_STREAM)
      return
    }
    if (block.tooLarge) {
      this.onViolation('a head beyond the limits')
      this.stats.header_overflow++
      this.refuse(id, ENHANCE_YOUR_CALM)
      return
    }
    const problem = block.checkRequest(options.allowConnect)
    if (problem !== '' || (last && block.contentLength > 0)) {
      this.malformed(undefined, id, problem || 'a content-length without a body')
      return
    }
    const head = this.#head()
    const stream = new Http2ServerStream(this, id, head, last)
    if (head.method !== 'CONNECT' && head.upgrade === undefined) stream.expected = block.contentLength
    this.openedStreams++
    this.addStream(stream)
    const handler = this.#options.onRequest(stream, head, last)
    stream.handler = handler
  }

  #head(): RequestHead {
    const { block } = this
    const headers = block.takeHeaders()
    const upgrade = block.protocol?.toLowerCase()
    if (upgrade === 'websocket') addWebSocketKey(headers)
    return {
      protocol: this.#options.shared ? protocolOfScheme(block.scheme) : 'HTTP/2',
      // As over HTTP/1.1, so that filters and routes need to know one form of upgrade only.
      method: upgrade === undefined ? (block.method ?? '') : 'GET',
      scheme: this.#options.scheme,
      authority: block.authority ?? block.host ?? '',
      path: block.path ?? '',
      headers,
      upgrade,
    }
  }

  #onTrailers(stream: Http2Stream, last: boolean): void {
    this.stats.trailers++
    if (stream.incomingEnded) {
      this.onStrayHeaders(stream.id, stream)
      return
    }
    if (!last) {
      this.streamError(stream, PROTOCOL_ERROR)
      return
    }
    const { block } = this
    if (block.tooLarge) {
      this.streamError(stream, ENHANCE_YOUR_CALM)
      return
    }
    const problem = stream.expected > 0 ? 'less than content-length says' : block.checkTrailers()
    if (problem !== '') {
      this.malformed(stream, stream.id, problem)
      return
    }
    stream.incomingEnded = true
    stream.handler.onTrailers(block.takeHeaders())
    if (!stream.gone) stream.onIncomingEnded()
  }

  protected onRemoved(): void {
    if (this.#lastAccepted !== LARGEST_STREAM_ID && this.streams.size === 0) this.finish(NO_ERROR)
  }

  protected onGoaway(): void {
    // The client opens no more streams, or says why it leaves: nothing to do until it closes.
  }

  protected onPeerSettings(): void {}

  protected onPingAck(opaque: number): void {
    if (opaque === DRAIN_MARK && this.#draining) this.#settleDrain()
  }

  #settleDrain(): void {
    this.#cancelDrain?.()
    this.#cancelDrain = undefined
    if (this.stopped || this.#lastAccepted !== LARGEST_STREAM_ID) return
    this.#lastAccepted = this.#last
    if (this.streams.size === 0) this.finish(NO_ERROR)
    else this.sendGoaway(this.#last, NO_ERROR)
  }

  protected onViolation(reason: string): void {
    this.#options.onProtocolError(reason)
  }

  protected onStopped(): void {}

  protected onTransportClosed(): void {
    this.#cancelDrain?.()
    this.#options.onClosed()
  }
}

const STATUS_TEXTS: string[] = []

/** Made once for each status, so that the encoder finds the same text again. */
function statusText(status: number): string {
  STATUS_TEXTS[status] ??= String(status)
  return STATUS_TEXTS[status]
}
