/**
 * Drawing by weight in constant time (Vose's alias method): one random number, one comparison, however many items.
 */
export class AliasTable {
  readonly #keep: Float64Array
  readonly #other: Uint32Array

  /** @param weights not negative, at least one above 0 */
  constructor(weights: readonly number[]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if (!(total > 0) || weights.some(weight => !(weight >= 0)))
      throw new RangeError(`Cannot draw by weight: weights add up to ${total}, expected none below 0 and at least one above`)
    const size = weights.length
    // Each slot stands for 1/size of the draws: for its own item up to `keep`, above that for another one with weight to spare.
    this.#keep = Float64Array.from(weights, weight => (weight * size) / total)
    this.#other = Uint32Array.from(weights.keys())
    const below: number[] = []
    const above: number[] = []
    for (const [i, share] of this.#keep.entries()) (share < 1 ? below : above).push(i)
    while (below.length > 0 && above.length > 0) {
      const poor = below.pop() ?? 0
      const rich = above.at(-1) ?? 0
      this.#other[poor] = rich
      const left = (this.#keep[rich] ?? 0) - (1 - (this.#keep[poor] ?? 0))
      this.#keep[rich] = left
      if (left < 1) {
        above.pop()
        below.push(rich)
      }
    }
    // What is left is 1 but for rounding.
    for (const i of [...below, ...above]) this.#keep[i] = 1
  }

  /** @returns an index, each with the probability of its weight */
  draw(random: () => number): number {
    const at = random() * this.#keep.length
    const slot = Math.floor(at)
    return at - slot < (this.#keep[slot] ?? 0) ? slot : (this.#other[slot] ?? slot)
  }
}
