/**
 * Weighted round robin by earliest deadline first: each item comes up at a rhythm of its own, once every 1/weight. Smooth (heavy items do
 * not come in bursts), exact over time, O(log n) a turn.
 */
export class EdfScheduler {
  readonly #period: Float64Array
  readonly #deadline: Float64Array
  /** A binary heap of items, the earliest deadline at the top. */
  readonly #heap: Uint32Array

  /** @param weights above 0 @param random phases are drawn, so that many schedulers over the same items do not march in step */
  constructor(weights: readonly number[], random: () => number) {
    for (const weight of weights)
      if (!(weight > 0)) throw new RangeError(`Cannot schedule by weight: a weight is ${weight}, expected more than 0`)
    this.#period = Float64Array.from(weights, weight => 1 / weight)
    this.#deadline = this.#period.map(period => period * random())
    this.#heap = Uint32Array.from(weights.keys())
    for (let i = (this.#heap.length >>> 1) - 1; i >= 0; i--) this.#sink(i)
  }

  /** @returns the index of the item whose turn it is; undefined when there are none */
  next(): number | undefined {
    const item = this.#heap[0]
    if (item === undefined) return undefined
    this.#deadline[item] = (this.#deadline[item] ?? 0) + (this.#period[item] ?? 0)
    this.#sink(0)
    return item
  }

  #sink(from: number): void {
    const heap = this.#heap
    const deadline = this.#deadline
    const item = heap[from] ?? 0
    const own = deadline[item] ?? 0
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      let smallest = deadline[heap[child] ?? 0] ?? 0
      const right = child + 1 < heap.length ? (deadline[heap[child + 1] ?? 0] ?? 0) : Number.POSITIVE_INFINITY
      if (right < smallest) {
        child++
        smallest = right
      }
      if (own <= smallest) break
      heap[at] = heap[child] ?? 0
      at = child
    }
    heap[at] = item
  }
}
