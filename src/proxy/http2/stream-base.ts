/**
 * What both directions of the HTTP/2 stand-in share: one stream of node:http2 as the codec seam wants it. Its speed is node:http2's
 * (events and closures for each stream); the own codec replaces this folder.
 */
import type { Http2Stream } from 'node:http2'
import type { HeaderList, Headers } from '../http/headers.ts'
import type { ResetReason, StreamHandler, StreamWriter } from '../http/stream.ts'
import { emptyFields, readFields, writeFields } from './fields.ts'
import { codeOf, NO_ERROR, reasonOf } from './reset-codes.ts'

const EMPTY = Buffer.alloc(0)

/** What a stream tells its connection. */
export interface StreamOwner {
  /** The connection has ended, so its streams did not end by the peer's RST_STREAM. */
  readonly closed: boolean
  /** The stream no longer counts among the active ones. */
  onStreamClosed(): void
}

export abstract class Http2StreamBase<Node extends Http2Stream> implements StreamWriter {
  protected readonly node: Node
  protected handler: StreamHandler = UNHEARD
  readonly #owner: StreamOwner
  #incomingEnded: boolean
  #outgoingEnded: boolean
  #reset = false
  /** They arrive ahead of body chunks that wait for `resume`. */
  #trailersIn: HeaderList | undefined
  #trailersOut: Headers | undefined

  constructor(node: Node, owner: StreamOwner, incomingEnded: boolean, outgoingEnded: boolean) {
    this.node = node
    this.#owner = owner
    this.#incomingEnded = incomingEnded
    this.#outgoingEnded = outgoingEnded
    node.on('data', (chunk: Buffer) => {
      if (!this.#reset) this.handler.onData(chunk, false)
    })
    node.on('trailers', (_fields, _flags, raw) => {
      this.#trailersIn = readFields(raw).headers
    })
    node.on('end', () => this.#onEnd())
    node.on('drain', () => {
      if (!this.#reset) this.handler.onWritable()
    })
    node.on('wantTrailers', () => {
      // A reset ends the stream without END_STREAM: a truncated message must not look like a whole one.
      if (!this.#reset) node.sendTrailers(this.#trailersOut ? writeFields(this.#trailersOut, emptyFields()) : {})
    })
    // Every error is followed by 'close', which tells the reason by its code.
    node.on('error', () => {})
    node.on('close', () => this.#onClose())
  }

  write(chunk: Uint8Array, last: boolean): boolean {
    if (this.#outgoingEnded || this.#reset || this.node.destroyed) return true
    // node:http2 keeps what it cannot send; the seam says that the caller's buffer is free when this returns.
    const room = chunk.length === 0 || this.node.write(Buffer.from(chunk))
    if (last) this.#endOutgoing()
    return room
  }

  writeTrailers(trailers: Headers): void {
    if (this.#outgoingEnded || this.#reset || this.node.destroyed) return
    this.#trailersOut = trailers
    this.#endOutgoing()
  }

  reset(reason: ResetReason): void {
    if (this.#reset || (this.#incomingEnded && this.#outgoingEnded)) return
    this.#reset = true
    this.closeSoon(codeOf(reason))
  }

  pause(): void {
    this.node.pause()
  }

  resume(): void {
    this.node.resume()
  }

  /** The head that was sent had no body. */
  protected markOutgoingEnded(): void {
    this.#outgoingEnded = true
  }

  /** The head that arrived had no body. */
  protected markIncomingEnded(): void {
    this.#incomingEnded = true
  }

  /**
   * RST_STREAM. Never from within a callback of node:http2: with output waiting for the peer's window, Node 24 then sends empty DATA frames
   * in an endless loop (found by books.test.ts).
   */
  protected closeSoon(code: number): void {
    setImmediate(() => this.node.close(code))
  }

  /** The peer has ended its half, and the handler knows. */
  protected onIncomingEnded(): void {}

  /** All was written, but the peer's window has kept some of it here. */
  protected get isStuck(): boolean {
    return this.#outgoingEnded && !this.node.writableFinished && !this.node.destroyed
  }

  protected get isReset(): boolean {
    return this.#reset
  }

  #endOutgoing(): void {
    this.#outgoingEnded = true
    this.node.end()
  }

  #onEnd(): void {
    // node:http2 says 'end' also when a stream is cut off; then it carries a code, and 'close' follows.
    if (this.#incomingEnded || this.#reset || this.node.rstCode !== NO_ERROR) return
    this.#incomingEnded = true
    if (this.#trailersIn) this.handler.onTrailers(this.#trailersIn)
    else this.handler.onData(EMPTY, true)
    this.onIncomingEnded()
  }

  #onClose(): void {
    this.#owner.onStreamClosed()
    if (this.#reset || (this.#incomingEnded && this.#outgoingEnded)) return
    this.#reset = true
    const reason = reasonOf(this.node.rstCode)
    // A stream beyond a GOAWAY is refused, also when the connection ended right after.
    this.handler.onReset(this.#owner.closed && reason !== 'refused-stream' ? 'connection-closed' : reason)
  }
}

const UNHEARD: StreamHandler = { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} }
