/**
 * Consistent hashing on a ring (ketama), placed exactly as Envoy places it: entry number i of an item is at xxHash64(`${key}_${i}`), and
 * a hash belongs to the first entry at or after it.
 */
import { split64, xxHash64 } from './xxhash64.ts'

export interface RingItem {
  readonly key: string
  /** Above 0. Items together have the weight 1 or, where localities are weighted, what they add up to. */
  readonly weight: number
}

export class HashRing {
  /** The entries' hashes in ascending order, in halves: comparing numbers is ten times cheaper than comparing bigints. */
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #item: Uint32Array

  /** @param minimumSize the lightest item gets a whole number of entries, and all together at least so many @param maximumSize but not more */
  constructor(items: readonly RingItem[], minimumSize: number, maximumSize: number) {
    const entries = placeEntries(items, minimumSize, maximumSize)
    this.#high = Uint32Array.from(entries, entry => entry.high)
    this.#low = Uint32Array.from(entries, entry => entry.low)
    this.#item = Uint32Array.from(entries, entry => entry.item)
  }

  get size(): number {
    return this.#item.length
  }

  /** Which item each stretch of the ring belongs to, and how long that is, as a part of 2^32. */
  get places(): { item: number; length: number }[] {
    const last = this.#high.at(-1) ?? 0
    return Array.from(this.#item, (item, i) => {
      const before = i === 0 ? last - 2 ** 32 : (this.#high[i - 1] ?? 0)
      return { item, length: (this.#high[i] ?? 0) - before }
    })
  }

  /** @param offset so many entries further, for another try @returns the item's index; undefined when the ring is empty */
  find(hash: bigint, offset = 0): number | undefined {
    const size = this.#item.length
    if (size === 0) return undefined
    const { high, low } = split64(hash)
    let from = 0
    let to = size
    while (from < to) {
      const middle = (from + to) >>> 1
      const entry = this.#high[middle] ?? 0
      if (entry < high || (entry === high && (this.#low[middle] ?? 0) < low)) from = middle + 1
      else to = middle
    }
    return this.#item[(from + offset) % size]
  }
}

interface Entry {
  readonly high: number
  readonly low: number
  readonly item: number
}

function placeEntries(items: readonly RingItem[], minimumSize: number, maximumSize: number): Entry[] {
  const entries: Entry[] = []
  const lightest = items.reduce((least, { weight }) => Math.min(least, weight), 1)
  const scale = Math.min(Math.ceil(lightest * minimumSize) / lightest, maximumSize)
  // Running sums, so that fractions of entries carry over to the next item.
  let target = 0
  items.forEach(({ key, weight }, item) => {
    target += scale * weight
    for (let i = 0; entries.length < target; i++) {
      const { high, low } = split64(xxHash64(`${key}_${i}`))
      entries.push({ high, low, item })
    }
  })
  return entries.sort((a, b) => a.high - b.high || a.low - b.low)
}
