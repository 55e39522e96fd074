/** Metrics of a process in Prometheus' text format: counters, histograms, and gauges that are read when somebody asks. Metrics come out in the order in which they were made. */

type Labels = Readonly<Record<string, string>>

export class MetricsRegistry {
  readonly #metrics: { readonly head: string; readonly render: () => string }[] = []

  counter(name: string, help: string): Counter {
    const counter = new Counter(name)
    this.#add(name, 'counter', help, () => counter.render())
    return counter
  }

  /** @param bounds upper bounds of buckets, ascending, without infinity */
  histogram(name: string, help: string, bounds: readonly number[]): BoundedHistogram {
    const histogram = new BoundedHistogram(name, bounds)
    this.#add(name, 'histogram', help, () => histogram.render())
    return histogram
  }

  /** @param read what it is now: one value, or one for each set of labels; undefined: it is not known */
  gauge(
    name: string,
    help: string,
    read: () => number | undefined | readonly (readonly [labels: Labels, value: number])[],
  ): void {
    this.#add(name, 'gauge', help, () => samples(name, read()))
  }

  /** As a gauge, of something that only grows and that somebody else counts. */
  counted(name: string, help: string, read: () => number | undefined): void {
    this.#add(name, 'counter', help, () => samples(name, read()))
  }

  render(): string {
    return this.#metrics.map(({ head, render }) => head + render()).join('')
  }

  #add(name: string, type: string, help: string, render: () => string): void {
    this.#metrics.push({ head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, render })
  }
}

export class Counter {
  readonly #name: string
  /** By the text of their labels. */
  readonly #values = new Map<string, number>()

  constructor(name: string) {
    this.#name = name
  }

  add(labels: Labels = {}, by = 1): void {
    const text = labelText(labels)
    this.#values.set(text, (this.#values.get(text) ?? 0) + by)
  }

  render(): string {
    return Array.from(this.#values, ([labels, value]) => `${this.#name}${labels} ${value}\n`).join('')
  }
}

export class BoundedHistogram {
  readonly #name: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }>()

  constructor(name: string, bounds: readonly number[]) {
    this.#name = name
    this.#bounds = bounds
  }

  observe(value: number, labels: Labels = {}): void {
    const key = labelText(labels)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { labels, counts: this.#bounds.map(() => 0), sum: 0, count: 0 }
      this.#series.set(key, series)
    }
    const at = this.#bounds.findIndex(bound => value <= bound)
    if (at >= 0) series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += value
    series.count++
  }

  render(): string {
    return Array.from(this.#series.values(), ({ labels, counts, sum, count }) => {
      let below = 0
      const bucket = (le: string, value: number) => `${this.#name}_bucket${labelText({ ...labels, le })} ${value}\n`
      const buckets = this.#bounds.map((bound, i) => {
        below += counts[i] ?? 0
        return bucket(String(bound), below)
      })
      const text = labelText(labels)
      return `${buckets.join('')}${bucket('+Inf', count)}${this.#name}_sum${text} ${sum}\n${this.#name}_count${text} ${count}\n`
    }).join('')
  }
}

function samples(name: string, value: number | undefined | readonly (readonly [Labels, number])[]): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return `${name} ${value}\n`
  return value.map(([labels, each]) => `${name}${labelText(labels)} ${each}\n`).join('')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
