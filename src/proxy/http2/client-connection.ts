/**
 * An upstream HTTP/2 connection: opens streams as far as the peer allows, and leaves in time when the peer does.
 */
import type {
  ClientConnection,
  ClientConnectionOwner,
  ClientStream,
  RequestHead,
  ResetReason,
  ResponseHandler,
} from '../http/stream.ts'
import type { Transport } from '../net/transport.ts'
import { Http2ClientStream } from './client-stream.ts'
import { Http2Connection, type Http2Setup } from './connection.ts'
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR } from './error-codes.ts'
import { LARGEST_STREAM_ID, PREFACE } from './frame.ts'
import { schemeOf } from './shared-connection.ts'
import type { Http2Stream } from './stream.ts'

export interface Http2ClientOptions extends Http2Setup {
  readonly owner: ClientConnectionOwner
  /** The peer makes HTTP/1.1 of it again (shared-connection.ts). @default false */
  readonly shared?: boolean
  /** The upstream broke the protocol. For logs and statistics. */
  onProtocolError(reason: string): void
}

/**
 * Has no capacity before the peer's SETTINGS are there: they say how many streams it takes, and prove that it speaks HTTP/2. The
 * owner's first `onCapacity` therefore means "connected".
 */
export class Http2ClientConnection extends Http2Connection implements ClientConnection {
  readonly #owner: ClientConnectionOwner
  readonly #shared: boolean
  readonly #onProtocolError: (reason: string) => void
  #next = 1
  /** What the peer allows; 0 until it has said so. */
  #peerLimit = 0
  #draining = false
  /** The peer has said that the connection can't go on. */
  #broken = false

  /** Takes an established transport over; with TLS, ALPN has chosen h2. */
  constructor(transport: Transport, options: Http2ClientOptions) {
    super(transport, 'client', options)
    this.#owner = options.owner
    this.#shared = options.shared ?? false
    this.#onProtocolError = options.onProtocolError
    transport.write(PREFACE)
    this.greet()
  }

  get capacity(): number {
    if (this.#draining || this.stopped) return 0
    return Math.max(0, Math.min(this.#peerLimit, this.setup.options.maxConcurrentStreams) - this.streams.size)
  }

  open(head: RequestHead, last: boolean, handler: ResponseHandler): ClientStream {
    const { upgrade } = head
    if (this.capacity === 0) return new FailedStream('refused-stream', handler)
    if (upgrade !== undefined && !this.peer.enableConnectProtocol) return new FailedStream('protocol-error', handler)
    const id = this.#next
    this.#next += 2
    this.probeIfIdle()
    const http1 = this.#shared && head.protocol !== 'HTTP/2'
    const stream = new Http2ClientStream(this, id, head, handler, http1)
    this.openedStreams++
    this.addStream(stream)
    stream.headSent = true
    this.#sendHead(id, head, last)
    if (last) {
      stream.outgoingEnded = true
      stream.flushed = true
    }
    if (this.#next > LARGEST_STREAM_ID) this.#leave()
    return stream
  }

  /** Sends no GOAWAY before the end: the peer is to answer what it has. */
  drain(): void {
    this.#draining = true
    this.#finishIfDrained()
  }

  #sendHead(id: number, head: RequestHead, last: boolean): void {
    const { encoder } = this
    const { upgrade, headers } = head
    this.beginBlock(headers)
    encoder.field(':method', upgrade === undefined ? head.method : 'CONNECT')
    if (head.method !== 'CONNECT') encoder.field(':scheme', this.#shared ? schemeOf(head) : head.scheme)
    encoder.field(':authority', head.authority)
    if (head.method !== 'CONNECT') encoder.field(':path', head.path)
    if (upgrade !== undefined) encoder.field(':protocol', upgrade)
    if (upgrade !== 'websocket') headers.forEach(encoder.encodeField)
    else
      headers.forEach((name, value) => {
        if (name !== 'sec-websocket-key') encoder.field(name, value)
      })
    this.endBlock(id, last)
  }

  protected readonly lastPeerStream = 0

  protected isIdle(stream: number): boolean {
    return stream >= this.#next || stream % 2 === 0
  }

  protected onBlock(id: number, last: boolean): void {
    const stream = this.streams.get(id)
    if (!(stream instanceof Http2ClientStream)) {
      if (this.isIdle(id)) this.connectionError(PROTOCOL_ERROR, 'a stream that was never opened')
      else this.onStrayHeaders(id, undefined)
      return
    }
    if (stream.incomingEnded) {
      this.onStrayHeaders(id, stream)
      return
    }
    const { block } = this
    if (block.tooLarge) {
      this.#tooLarge(stream)
      return
    }
    const problem = stream.answered ? this.#onTrailers(stream, last) : stream.onHead(block, last)
    if (problem !== '') this.malformed(stream, id, problem)
    else if (stream.incomingEnded && !stream.gone) stream.onIncomingEnded()
  }

  #onTrailers(stream: Http2ClientStream, last: boolean): string {
    if (!last) return 'a second head'
    if (stream.expected > 0) return 'less than content-length says'
    const problem = this.block.checkTrailers()
    if (problem !== '') return problem
    stream.incomingEnded = true
    stream.handler.onTrailers(this.block.takeHeaders())
    return ''
  }

  #tooLarge(stream: Http2ClientStream): void {
    this.onViolation('a head beyond the limits')
    this.streamError(stream, ENHANCE_YOUR_CALM)
  }

  /** A body comes after its head. */
  protected override takesData(stream: Http2Stream): boolean {
    return stream.answered
  }

  protected onPeerSettings(): void {
    this.#peerLimit = this.peer.maxConcurrentStreams
    if (this.capacity > 0) this.#owner.onCapacity(this)
  }

  protected onPingAck(): void {}

  /** What the peer has not seen is safe to send again. */
  protected onGoaway(lastStream: number, code: number): void {
    const wasDraining = this.#draining
    this.#draining = true
    this.#broken = code !== NO_ERROR
    for (const stream of [...this.streams.values()]) if (stream.id > lastStream) this.end(stream, 'refused-stream')
    // After an error the peer is to close (section 5.4.1); some never do, and their streams would wait forever.
    if (this.#broken) this.closeSoon()
    if (!wasDraining) this.#owner.onDraining(this)
    this.#finishIfDrained()
  }

  protected onRemoved(): void {
    if (this.#draining) this.#finishIfDrained()
    else if (this.capacity > 0) this.#owner.onCapacity(this)
  }

  protected onViolation(reason: string): void {
    this.#onProtocolError(reason)
  }

  protected onStopped(): void {
    if (!this.#draining) this.#leave()
  }

  protected onTransportClosed(): void {
    this.#owner.onClosed(this)
  }

  /** Identifiers are used up, or the peer is not to be trusted with more streams. */
  #leave(): void {
    this.#draining = true
    this.#owner.onDraining(this)
  }

  #finishIfDrained(): void {
    if (this.streams.size > 0) return
    // Who has said so may not read a farewell any more.
    if (this.#broken) this.transport.destroy(true)
    else this.finish(NO_ERROR)
  }
}

/** A stream that could not be opened: tells so a moment later, as the seam demands. */
class FailedStream implements ClientStream {
  #handler: ResponseHandler | undefined

  constructor(reason: ResetReason, handler: ResponseHandler) {
    this.#handler = handler
    // Not as a microtask: whoever tries again at once must not keep the event loop from turning.
    setImmediate(() => this.#handler?.onReset(reason))
  }

  write(): boolean {
    return true
  }

  writeTrailers(): void {}

  reset(): void {
    this.#handler = undefined
  }

  pause(): void {}

  resume(): void {}
}
