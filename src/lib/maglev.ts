/**
 * Maglev hashing (Eisenbud and others, NSDI 2016, section 3.4), filled exactly as Envoy fills it: a table in which each item holds slots by
 * its weight, looked up by hash modulo size.
 */
import { xxHash64 } from './xxhash64.ts'

export interface MaglevItem {
  readonly key: string
  /** Above 0. */
  readonly weight: number
}

export class MaglevTable {
  readonly #slots: Uint32Array
  readonly #size: bigint

  /** @param size a prime @throws when there are no items */
  constructor(items: readonly MaglevItem[], size: number) {
    if (items.length === 0) throw new RangeError('Cannot fill a Maglev table: there are no items')
    // In the order of their keys, so that the table does not depend on the order in which items arrive.
    const order = [...items.keys()].sort((a, b) => compare(items[a]?.key ?? '', items[b]?.key ?? ''))
    const slots = fill(
      order.flatMap(index => items[index] ?? []),
      size,
    )
    this.#slots = slots.map(place => order[place] ?? 0)
    this.#size = BigInt(size)
  }

  /** Which item each slot belongs to; all are of one length. */
  get places(): { item: number; length: number }[] {
    return Array.from(this.#slots, item => ({ item, length: 1 }))
  }

  /** @returns the item's index */
  find(hash: bigint): number {
    return this.#slots[Number(hash % this.#size)] ?? 0
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const FREE = 0xffffffff

function fill(items: readonly MaglevItem[], size: number): Uint32Array {
  const slots = new Uint32Array(size).fill(FREE)
  const heaviest = items.reduce((most, { weight }) => Math.max(most, weight), 0)
  const weight = Float64Array.from(items, item => item.weight)
  const target = new Float64Array(items.length)
  // Each item walks through all slots in an order of its own: from its offset in steps of its skip.
  const position = Float64Array.from(items, item => Number(xxHash64(item.key) % BigInt(size)))
  const skip = Float64Array.from(items, item => Number(xxHash64(item.key, 1n) % BigInt(size - 1)) + 1)
  let left = size
  for (let round = 1; left > 0; round++) {
    for (let i = 0; i < items.length && left > 0; i++) {
      // The heaviest takes a slot each round, one of a third of its weight every third.
      if (round * (weight[i] ?? 0) < (target[i] ?? 0)) continue
      target[i] = (target[i] ?? 0) + heaviest
      const step = skip[i] ?? 1
      let slot = position[i] ?? 0
      while (slots[slot] !== FREE) slot = slot + step < size ? slot + step : slot + step - size
      slots[slot] = i
      position[i] = slot + step < size ? slot + step : slot + step - size
      left--
    }
  }
  return slots
}

export function isPrime(n: number): boolean {
  if (!Number.isInteger(n) || n < 2) return false
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return true
}
