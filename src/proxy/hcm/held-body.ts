/**
 * The part of a request's body that came while a filter made the request wait, or that is kept to be sent again.
 */
import type { Headers } from '../http/headers.ts'

/** While a filter waits, the client is paused at this many bytes. */
const HOLD_LIMIT = 1024 * 1024

/** Who takes what was held. */
export interface BodyTaker {
  onData(chunk: Uint8Array, last: boolean): boolean
  onTrailers(trailers: Headers): void
}

export class HeldBody {
  readonly #chunks: Buffer[] = []
  #trailers: Headers | undefined
  #ended = false
  size = 0

  /** Copies the chunk. @returns false when no more should come for now */
  add(chunk: Uint8Array, last: boolean): boolean {
    if (chunk.length > 0) this.#chunks.push(Buffer.from(chunk))
    this.size += chunk.length
    this.#ended = last
    return this.size < HOLD_LIMIT
  }

  addTrailers(trailers: Headers): void {
    this.#trailers = trailers
  }

  /** Gives everything to `taker`; may be called again for another one. @returns whether it has room for more */
  deliver(taker: BodyTaker): boolean {
    let room = true
    for (const [i, chunk] of this.#chunks.entries()) room = taker.onData(chunk, this.#ended && i === this.#chunks.length - 1)
    if (this.#ended && this.#chunks.length === 0) taker.onData(EMPTY, true)
    if (this.#trailers !== undefined) taker.onTrailers(this.#trailers)
    return room
  }
}

const EMPTY = Buffer.alloc(0)
