/**
 * The dynamic table of an HPACK decoder (RFC 7541 section 2.3.2): the newest entry has the lowest index, the oldest are evicted.
 */
import type { Field } from './field.ts'

export class DynamicTable {
  /** A ring, its length a power of two. */
  #ring: (Field | undefined)[] = new Array(16).fill(undefined)
  /** Entries ever inserted, and entries ever evicted. */
  #inserted = 0
  #evicted = 0
  #size = 0
  #maxSize: number

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  get length(): number {
    return this.#inserted - this.#evicted
  }

  /** @param index 0: the newest */
  get(index: number): Field | undefined {
    if (index >= this.#inserted - this.#evicted) return undefined
    return this.#ring[(this.#inserted - 1 - index) & (this.#ring.length - 1)]
  }

  /** An entry larger than the table empties it (RFC 7541 section 4.4). */
  insert(field: Field): void {
    const size = field.size
    this.#evictTo(this.#maxSize - size)
    if (size > this.#maxSize) return
    if (this.length === this.#ring.length) this.#grow()
    this.#ring[this.#inserted & (this.#ring.length - 1)] = field
    this.#inserted++
    this.#size += size
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize
    this.#evictTo(maxSize)
  }

  #evictTo(size: number): void {
    while (this.#size > size && this.length > 0) {
      const at = this.#evicted & (this.#ring.length - 1)
      this.#size -= this.#ring[at]?.size ?? 0
      this.#ring[at] = undefined
      this.#evicted++
    }
  }

  #grow(): void {
    const ring: (Field | undefined)[] = new Array(this.#ring.length * 2).fill(undefined)
    for (let i = this.#evicted; i < this.#inserted; i++) ring[i & (ring.length - 1)] = this.#ring[i & (this.#ring.length - 1)]
    this.#ring = ring
  }
}
