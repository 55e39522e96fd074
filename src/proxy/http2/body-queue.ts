/**
 * The part of a body that had to wait: for the peer's window, or for its socket. Bytes are copied once, when they begin to wait.
 */
export class BodyQueue {
  /** Octets that wait. */
  length = 0
  readonly #chunks: Buffer[] = []
  /** Of the first chunk, how much has gone out. */
  #sent = 0

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  push(chunk: Uint8Array, from: number): void {
    if (from >= chunk.length) return
    this.#chunks.push(Buffer.from(chunk.subarray(from)))
    this.length += chunk.length - from
  }

  /** What is to go out next: a view, of at most `most` octets. */
  peek(most: number): Buffer {
    const first = this.#chunks[0]
    if (first === undefined) return NOTHING
    const until = Math.min(first.length, this.#sent + most)
    return this.#sent === 0 && until === first.length ? first : first.subarray(this.#sent, until)
  }

  /** So much of what `peek` showed has gone out. */
  take(count: number): void {
    this.length -= count
    this.#sent += count
    if (this.#sent < (this.#chunks[0]?.length ?? 0)) return
    this.#chunks.shift()
    this.#sent = 0
  }
}

const NOTHING: Buffer = Buffer.alloc(0)
