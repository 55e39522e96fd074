/**
 * The statistics of the process, under Envoy's names. A group of statistics is a plain object whose numeric fields are counters and gauges:
 * the hot path does `stats.downstream_rq_total++` and nothing else; names are made only when somebody reads.
 */
import { Histogram } from '../../lib/histogram.ts'
import { StatusCounts } from './status-counts.ts'

export interface StatGroup {
  /** Envoy's dotted prefix without the last dot: "cluster.outbound|80||cart", "http.inbound_0.0.0.0_8080;". */
  readonly prefix: string
  /** The Prometheus form of the prefix, its variable parts taken out: "envoy_cluster". */
  readonly family: string
  /** The variable parts, as Prometheus labels: { envoy_cluster_name: "outbound|80||cart" }. */
  readonly labels: Readonly<Record<string, string>>
  /**
   * Fields that hold a number, a `Histogram` or `StatusCounts` are statistics, the rest is ignored. Read anew each time, so that it may
   * grow, and getters are welcome.
   */
  readonly values: object
}

/** A statistic as it is read. */
export interface Stat {
  readonly group: StatGroup
  /** The last part of the name: "upstream_rq_2xx". */
  readonly field: string
  readonly value: number | Histogram
}

export class StatsRegistry {
  readonly #groups = new Set<StatGroup>()
  readonly #shared = new Map<string, StatGroup>()

  /** The group of a prefix, made at the first call: what configuration is built anew with goes on counting. */
  shared<T extends object>(type: new () => T, name: Omit<StatGroup, 'values'>): T {
    const before = this.#shared.get(name.prefix)?.values
    if (before instanceof type) return before
    const values = new type()
    const group = { ...name, values }
    this.#shared.set(name.prefix, group)
    this.#groups.add(group)
    return values
  }

  add(group: StatGroup): void {
    this.#groups.add(group)
  }

  remove(group: StatGroup): void {
    this.#groups.delete(group)
  }

  /** Everything there is, sorted by Envoy's name. */
  read(): Stat[] {
    const stats: Stat[] = []
    for (const group of this.#groups) {
      for (const [field, value] of Object.entries(group.values)) {
        if (typeof value === 'number' || value instanceof Histogram) stats.push({ group, field, value })
        else if (value instanceof StatusCounts)
          for (const [suffix, count] of value.entries()) stats.push({ group, field: `${field}_${suffix}`, value: count })
      }
    }
    return stats.sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1))
  }
}

/** "cluster.xds-grpc.upstream_rq_total" */
export function fullName(stat: Stat): string {
  return `${stat.group.prefix}.${stat.field}`
}

/** Fields that go up and down; all others are counters. Envoy's names for them, wherever they occur. */
const GAUGE =
  /(_active|_open|_buffered|^membership_(?!change)|^remaining_|^(healthy|degraded)$|^total_listeners_|^total_filter_chains_|^(live|uptime|state|connected_state|concurrency|version|warming_clusters|active_clusters|memory_\w+|total_connections|workers_started)$)/

export function isGauge(field: string): boolean {
  return GAUGE.test(field)
}
