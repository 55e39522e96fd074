/** A histogram with Prometheus' fixed buckets: one search and three additions a value. */

/** Envoy's default bounds, and Istio's: milliseconds or bytes. */
export const BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

export class BucketHistogram {
  /** Not cumulative; the last one is above all bounds. */
  readonly #counts = new Uint32Array(BOUNDS.length + 1)
  sum = 0
  count = 0

  record(value: number): void {
    let at = 0
    while (at < BOUNDS.length && value > (BOUNDS[at] ?? 0)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.sum += value
    this.count++
  }

  /** @param open "istio_request_bytes_bucket{...labels" without the closing brace @param close what stands before _sum and _count's value */
  render(name: string, labels: string): string {
    let text = ''
    let below = 0
    for (let i = 0; i < BOUNDS.length; i++) {
      below += this.#counts[i] ?? 0
      text += `${name}_bucket{${labels},le="${BOUNDS[i]}"} ${below}\n`
    }
    text += `${name}_bucket{${labels},le="+Inf"} ${this.count}\n`
    return `${text}${name}_sum{${labels}} ${this.sum}\n${name}_count{${labels}} ${this.count}\n`
  }
}
