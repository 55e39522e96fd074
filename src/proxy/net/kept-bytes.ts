/**
 * Bytes that have to wait or are kept to be sent again, copied once into slabs of the pool: a buffer for each chunk made the garbage collector
 * half of the cost of an upload. Small first, because most bodies are.
 */
import { giveSlab, SMALL_SLAB, takeLargeSlab, takeSmallSlab } from './slab-pool.ts'

const NOTHING: Buffer = Buffer.alloc(0)

export class KeptBytes {
  /** Octets kept. */
  length = 0
  /** Each is full but the last. */
  readonly #slabs: Buffer[] = []
  /** Octets used of the last slab, and octets taken of the first. */
  #end = 0
  #start = 0

  /** Copies `bytes`, beginning at `from`. */
  append(bytes: Uint8Array, from = 0): void {
    let at = from
    while (at < bytes.length) {
      let slab = this.#slabs.at(-1)
      if (slab === undefined || this.#end === slab.length) {
        slab = slab === undefined && bytes.length - at <= SMALL_SLAB ? takeSmallSlab() : takeLargeSlab()
        this.#slabs.push(slab)
        this.#end = 0
      }
      const until = Math.min(bytes.length, at + slab.length - this.#end)
      slab.set(at === 0 && until === bytes.length ? bytes : bytes.subarray(at, until), this.#end)
      this.#end += until - at
      this.length += until - at
      at = until
    }
  }

  /** How many pieces it is kept in. */
  get pieces(): number {
    return this.#slabs.length
  }

  /** A view of a piece, for those who look at all of it and take nothing: good until `take` or `release`. */
  piece(index: number): Buffer {
    const slab = this.#slabs[index]
    if (slab === undefined) return NOTHING
    return slab.subarray(index === 0 ? this.#start : 0, index === this.#slabs.length - 1 ? this.#end : slab.length)
  }

  /** What comes first: a view of at most `most` octets. */
  peek(most: number): Buffer {
    const first = this.#slabs[0]
    if (first === undefined) return NOTHING
    const end = this.#slabs.length === 1 ? this.#end : first.length
    return first.subarray(this.#start, Math.min(end, this.#start + most))
  }

  /** So much of what `peek` showed is not needed any more. */
  take(count: number): void {
    this.length -= count
    this.#start += count
    const first = this.#slabs[0]
    if (first === undefined || this.#start < (this.#slabs.length === 1 ? this.#end : first.length)) return
    this.#slabs.shift()
    this.#start = 0
    giveSlab(first)
  }

  /** Gives everything back to the pool. It may be filled again. */
  release(): void {
    for (let i = 0; i < this.#slabs.length; i++) giveSlab(this.#slabs[i] ?? NOTHING)
    this.#slabs.length = 0
    this.length = 0
    this.#start = 0
    this.#end = 0
  }
}
