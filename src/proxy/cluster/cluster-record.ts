/**
 * What there is under one cluster name: the cluster in use, the one that is to replace it, and the counters that outlive both.
 */
import { HealthStats } from '../health/stats.ts'
import { Http2Stats } from '../http2/stats.ts'
import type { StatGroup, StatsRegistry } from '../telemetry/stats.ts'
import { breakerStats } from './circuit-breaker.ts'
import { ClusterStats } from './cluster-stats.ts'
import { OutlierStats } from './outlier-detector.ts'
import type { ClusterCounters, UpstreamCluster } from './upstream-cluster.ts'

export class ClusterRecord implements ClusterCounters {
  readonly name: string
  /** By the control plane, not by the bootstrap. */
  readonly addedViaApi: boolean
  readonly stats = new ClusterStats()
  readonly outlier = new OutlierStats()
  /** The encoded configuration applied last. */
  bytes: Uint8Array
  active: UpstreamCluster | undefined
  /** Waits for its first endpoints, or for a certificate. */
  warming: UpstreamCluster | undefined
  /** Ends the time that `warming` waits for its certificate. */
  cancelWait: () => void = () => {}
  readonly #groups: StatGroup[]
  readonly #statName: string
  #health: HealthStats | undefined
  #http2: Http2Stats | undefined
  #registry: StatsRegistry | undefined

  constructor(name: string, statName: string, addedViaApi: boolean, bytes: Uint8Array) {
    this.name = name
    this.#statName = statName
    this.addedViaApi = addedViaApi
    this.bytes = bytes
    const prefix = `cluster.${statName}`
    const labels = { envoy_cluster_name: statName }
    this.#groups = [
      { prefix, family: 'envoy_cluster', labels, values: this.stats },
      { prefix: `${prefix}.outlier_detection`, family: 'envoy_cluster_outlier_detection', labels, values: this.outlier },
      {
        prefix: `${prefix}.circuit_breakers.default`,
        family: 'envoy_cluster_circuit_breakers_default',
        labels,
        values: breakerStats(() => this.active?.breakers.default),
      },
      {
        prefix: `${prefix}.circuit_breakers.high`,
        family: 'envoy_cluster_circuit_breakers_high',
        labels,
        values: breakerStats(() => this.active?.breakers.high),
      },
    ]
  }

  /** The configuration that applies now, or as soon as it has endpoints. */
  get latest(): UpstreamCluster | undefined {
    return this.warming ?? this.active
  }

  /** Only clusters that check their hosts have these. */
  health(): HealthStats {
    this.#health ??= this.#added('health_check', new HealthStats())
    return this.#health
  }

  /** Only clusters that have had a connection of HTTP/2 have these. */
  http2(): Http2Stats {
    this.#http2 ??= this.#added('http2', new Http2Stats())
    return this.#http2
  }

  #added<T extends object>(name: string, values: T): T {
    const labels = { envoy_cluster_name: this.#statName }
    const group = { prefix: `cluster.${this.#statName}.${name}`, family: `envoy_cluster_${name}`, labels, values }
    this.#groups.push(group)
    this.#registry?.add(group)
    return values
  }

  publish(registry: StatsRegistry): void {
    this.#registry = registry
    for (const group of this.#groups) registry.add(group)
  }

  withdraw(registry: StatsRegistry): void {
    for (const group of this.#groups) registry.remove(group)
  }
}
