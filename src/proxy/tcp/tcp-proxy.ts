/**
 * The TCP proxy: a connection of the client becomes a connection to a host of a cluster, byte for byte.
 */
import type { TcpProxy as Config } from '../../xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { labelText } from '../balance/labels.ts'
import type { ProxyContext } from '../context.ts'
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import { type AccessLogger, compileAccessLogs } from '../telemetry/access-log.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import { TcpStats } from './tcp-stats.ts'

/** Where a connection may go. */
export interface Target {
  readonly cluster: string
  readonly weight: number
  /** metadata_match for "envoy.lb". */
  readonly subset: ReadonlyMap<string, string> | undefined
}

/** Envoy's default of idle_timeout. */
const IDLE_TIMEOUT_MS = 3_600_000

export class TcpProxy implements TerminalFilter {
  readonly context: ProxyContext
  readonly stats: TcpStats
  readonly accessLogs: readonly AccessLogger[]
  readonly maxConnectAttempts: number
  /** Milliseconds without a byte in either direction; 0: no limit. */
  readonly idleTimeoutMs: number
  readonly maxDurationMs: number
  readonly #targets: readonly Target[]
  readonly #totalWeight: number

  /** @throws on what this proxy does not do */
  constructor(config: Config, context: ProxyContext) {
    if (config.tunnelingConfig !== undefined) throw new Error('tcp_proxy.tunneling_config is not supported')
    this.context = context
    this.stats = context.stats.shared(TcpStats, {
      prefix: `tcp.${config.statPrefix}`,
      family: 'envoy_tcp',
      labels: { envoy_tcp_prefix: config.statPrefix },
    })
    this.accessLogs = compileAccessLogs(config.accessLog, context.logFiles)
    this.maxConnectAttempts = config.maxConnectAttempts ?? 1
    this.idleTimeoutMs = durationMs(config.idleTimeout) ?? IDLE_TIMEOUT_MS
    this.maxDurationMs = durationMs(config.maxDownstreamConnectionDuration) ?? 0
    this.#targets = readTargets(config)
    this.#totalWeight = this.#targets.reduce((sum, target) => sum + target.weight, 0)
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const proxied = new ProxiedConnection(this, connection, closed)
    proxied.start()
    return proxied
  }

  /** Chosen by weight, once per connection. */
  chooseTarget(): Target | undefined {
    let left = this.context.random() * this.#totalWeight
    for (const target of this.#targets) {
      left -= target.weight
      if (left < 0) return target
    }
    return this.#targets.at(-1)
  }
}

function readTargets({ clusterSpecifier: specifier, metadataMatch }: Config): Target[] {
  const general = metadataMatch?.filterMetadata['envoy.lb']
  if (specifier === undefined) throw new Error('tcp_proxy has no cluster, expected cluster or weighted_clusters')
  if (specifier.$case === 'cluster') return [{ cluster: specifier.value, weight: 1, subset: subsetOf(general) }]
  return specifier.value.clusters.map(({ name, weight, metadataMatch: own }) => ({
    cluster: name,
    weight,
    subset: subsetOf({ ...general, ...own?.filterMetadata['envoy.lb'] }),
  }))
}

function subsetOf(labels: Readonly<Record<string, unknown>> | undefined): ReadonlyMap<string, string> | undefined {
  const entries = Object.entries(labels ?? {})
  return entries.length === 0 ? undefined : new Map(entries.map(([name, value]) => [name, labelText(value)]))
}
