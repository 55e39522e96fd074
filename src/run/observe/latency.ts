/** Latency as histograms have it: counts by bucket, and the quantiles that can be read off them. */

/** Upper bounds of the buckets of Istio's and Envoy's histograms, milliseconds. */
export const BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

/** Makes counts by bucket of cumulative ones, in place. */
export function addBuckets(latency: number[] | undefined): void {
  if (!latency) return
  for (let i = latency.length - 1; i > 0; i--) latency[i] = Math.max(0, (latency[i] ?? 0) - (latency[i - 1] ?? 0))
}

/** @param share 0.5 is the median @returns milliseconds, interpolated inside of the bucket; undefined: there was no request */
export function quantile(buckets: readonly number[], share: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let before = 0
  for (const [i, count] of buckets.entries()) {
    if (count > 0 && before + count >= share * total) {
      const low = i === 0 ? 0 : (BOUNDS[i - 1] ?? 0)
      const high = BOUNDS[i] ?? low
      return low + (high - low) * ((share * total - before) / count)
    }
    before += count
  }
  return undefined
}
