/**
 * The part of a request's body that came while a filter made the request wait, or that is kept to be sent again.
 */
import type { Headers } from '../http/headers.ts'
import { KeptBytes } from '../net/kept-bytes.ts'

/** While a filter waits, the client is paused at this many bytes. */
const HOLD_LIMIT = 1024 * 1024

/** Who takes what was held. */
export interface BodyTaker {
  onData(chunk: Uint8Array, last: boolean): boolean
  onTrailers(trailers: Headers): void
  /** Whoever comes after it takes bytes again. */
  onWritable?(): void
  /** Nothing more comes, and nothing more is wanted. */
  close?(): void
}

export class HeldBody {
  readonly #bytes = new KeptBytes()
  #trailers: Headers | undefined
  #ended = false
  #limit = HOLD_LIMIT

  get size(): number {
    return this.#bytes.length
  }

  /** Copies the chunk. @returns false when no more should come for now */
  add(chunk: Uint8Array, last: boolean): boolean {
    this.#bytes.append(chunk)
    this.#ended = last
    return this.#bytes.length < this.#limit
  }

  addTrailers(trailers: Headers): void {
    this.#trailers = trailers
  }

  /** Nothing more will come. */
  get complete(): boolean {
    return this.#ended || this.#trailers !== undefined
  }

  /** A filter wants to see this many bytes: the client may send them. */
  expect(bytes: number): void {
    this.#limit = Math.max(this.#limit, bytes + 1)
  }

  /** A copy of its first bytes, for a filter that looks into it. */
  start(most: number): Buffer {
    const bytes = this.#bytes
    return Buffer.concat(Array.from({ length: bytes.pieces }, (_, i) => bytes.piece(i))).subarray(0, most)
  }

  get trailers(): Headers | undefined {
    return this.#trailers
  }

  /** Other bytes in the place of those that came; only once it is complete. */
  replace(bytes: Uint8Array): void {
    this.#bytes.release()
    this.#bytes.append(bytes)
  }

  /** Gives everything to `taker`; may be called again for another one. @returns whether it has room for more */
  deliver(taker: BodyTaker): boolean {
    const bytes = this.#bytes
    let room = true
    for (let i = 0; i < bytes.pieces; i++) room = taker.onData(bytes.piece(i), this.#ended && i === bytes.pieces - 1)
    if (this.#ended && bytes.pieces === 0) taker.onData(EMPTY, true)
    if (this.#trailers !== undefined) taker.onTrailers(this.#trailers)
    return room
  }

  /** It is not needed any more: its memory serves others. */
  release(): void {
    this.#bytes.release()
    this.#ended = false
    this.#trailers = undefined
  }
}

const EMPTY = Buffer.alloc(0)
