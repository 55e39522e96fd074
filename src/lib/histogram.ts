/**
 * A histogram of non-negative integers (milliseconds, bytes) in log-linear buckets: 16 to each power of two, so that a quantile is within
 * 1/16 of the truth. Costs nothing until the first value, about 1 KB after it.
 */
const SUB_BITS = 4
const SUB = 1 << SUB_BITS

export class Histogram {
  #buckets: Uint32Array | undefined
  count = 0
  sum = 0

  record(value: number): void {
    const whole = value < 0 ? 0 : value > 0x7fffffff ? 0x7fffffff : value | 0
    const at = bucketOf(whole)
    let buckets = this.#buckets
    if (buckets === undefined || at >= buckets.length) {
      const larger = new Uint32Array(Math.max(256, at + SUB))
      if (buckets) larger.set(buckets)
      this.#buckets = buckets = larger
    }
    buckets[at] = (buckets[at] ?? 0) + 1
    this.count++
    this.sum += value
  }

  /** @param q 0..1 @returns undefined when nothing was recorded */
  quantile(q: number): number | undefined {
    if (this.count === 0 || this.#buckets === undefined) return undefined
    const wanted = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i] ?? 0
      if (seen >= wanted) return lowerBound(i)
    }
    return undefined
  }

  /** How many values were at most `bound`; a bucket that straddles it counts by its lower end. */
  countUpTo(bound: number): number {
    if (this.#buckets === undefined) return 0
    let seen = 0
    for (let i = 0; i < this.#buckets.length && lowerBound(i) <= bound; i++) seen += this.#buckets[i] ?? 0
    return seen
  }
}

function bucketOf(value: number): number {
  if (value < SUB) return value
  const exponent = 31 - Math.clz32(value)
  return (exponent - SUB_BITS + 1) * SUB + ((value >> (exponent - SUB_BITS)) & (SUB - 1))
}

function lowerBound(bucket: number): number {
  if (bucket < SUB) return bucket
  const exponent = Math.floor(bucket / SUB) - 1 + SUB_BITS
  return (SUB + (bucket % SUB)) * 2 ** (exponent - SUB_BITS)
}
