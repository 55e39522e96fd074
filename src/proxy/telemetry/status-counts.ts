/**
 * Counts responses by status code and by class, as Envoy names them: upstream_rq_200, upstream_rq_2xx, upstream_rq_completed.
 */
export class StatusCounts {
  completed = 0
  readonly #codes = new Map<number, number>()

  count(status: number): void {
    this.completed++
    this.#codes.set(status, (this.#codes.get(status) ?? 0) + 1)
  }

  /** Pairs of suffix and count: ["200", 3], ["2xx", 3]. */
  *entries(): Iterable<readonly [suffix: string, count: number]> {
    yield ['completed', this.completed]
    const classes = [0, 0, 0, 0, 0, 0]
    for (const [status, count] of this.#codes) {
      yield [String(status), count]
      const group = Math.floor(status / 100)
      classes[group] = (classes[group] ?? 0) + count
    }
    for (let group = 1; group <= 5; group++) yield [`${group}xx`, classes[group] ?? 0]
  }
}
