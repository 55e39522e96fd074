/**
 * The settings of a TCP proxy, read once, with Envoy's defaults filled in.
 */
import type { TcpProxy } from '../../xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { labelText } from '../balance/labels.ts'

/** Where a connection may go. */
export interface Target {
  readonly cluster: string
  readonly weight: number
  /** metadata_match for "envoy.lb". */
  readonly subset: ReadonlyMap<string, string> | undefined
}

export interface TcpSettings {
  readonly statPrefix: string
  /** One of them is chosen for each connection, by weight. */
  readonly targets: readonly Target[]
  readonly maxConnectAttempts: number
  /** Milliseconds without a byte in either direction; 0: no limit. */
  readonly idleTimeoutMs: number
  /** Milliseconds; 0: no limit. */
  readonly maxDurationMs: number
}

const IDLE_TIMEOUT_MS = 3_600_000

/** @throws on what this proxy does not do */
export function readTcpSettings(config: TcpProxy): TcpSettings {
  if (config.tunnelingConfig !== undefined) throw new Error('tcp_proxy.tunneling_config is not supported')
  return {
    statPrefix: config.statPrefix,
    targets: readTargets(config),
    maxConnectAttempts: config.maxConnectAttempts ?? 1,
    idleTimeoutMs: durationMs(config.idleTimeout) ?? IDLE_TIMEOUT_MS,
    maxDurationMs: durationMs(config.maxDownstreamConnectionDuration) ?? 0,
  }
}

/** @param random 0 <= random < 1 */
export function chooseTarget(targets: readonly Target[], random: number): Target | undefined {
  let left = random * targets.reduce((sum, target) => sum + target.weight, 0)
  for (const target of targets) {
    left -= target.weight
    if (left < 0) return target
  }
  return targets.at(-1)
}

function readTargets({ clusterSpecifier: specifier, metadataMatch }: TcpProxy): Target[] {
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
