/** The network filter that passes bytes on to a cluster (Envoy TcpProxy). */
import type { MeshSettings } from '../../model/settings.ts'
import type { TelemetrySide } from '../../model/telemetry-level.ts'
import type { TrafficPolicy } from '../../model/traffic-policy.ts'
import { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import { pack } from '../wire/any.ts'
import { accessLogs } from './access-log.ts'
import { hashOf } from './destination.ts'
import { standardMetrics } from './standard-metrics.ts'
import { optionalDuration } from './values.ts'

export interface WeightedTarget {
  readonly cluster: string
  readonly weight: number
}

/** @param targets one or more; several share the connections by weight */
export function tcpProxy(
  settings: MeshSettings,
  targets: readonly WeightedTarget[],
  policy: TrafficPolicy | undefined,
  side: TelemetrySide = 'client',
): Filter {
  const [only, ...others] = targets
  if (!only) throw new Error('Cannot make a TCP proxy: expected at least one cluster')
  const tunnel = policy?.tunnel
  const hash = hashOf(policy)
  const message = TcpProxy.fromPartial({
    statPrefix: only.cluster,
    clusterSpecifier:
      others.length === 0
        ? { $case: 'cluster', value: only.cluster }
        : { $case: 'weightedClusters', value: { clusters: targets.map(({ cluster, weight }) => ({ name: cluster, weight })) } },
    accessLog: [...accessLogs(settings, side, 'tcp'), ...standardMetrics(settings, side, 'tcp')],
    idleTimeout: optionalDuration(policy?.pool?.tcpIdleTimeoutMs),
    maxDownstreamConnectionDuration: optionalDuration(policy?.pool?.maxConnectionDurationMs),
    hashPolicy: hash?.key.kind === 'source-ip' ? [{ policySpecifier: { $case: 'sourceIp', value: {} } }] : [],
    tunnelingConfig: tunnel && { hostname: `${tunnel.host}:${tunnel.port}`, usePost: tunnel.method === 'POST' },
  })
  const typedConfig = pack('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', TcpProxy, message)
  return Filter.fromPartial({ name: 'envoy.filters.network.tcp_proxy', configType: { $case: 'typedConfig', value: typedConfig } })
}

export function tcpTo(settings: MeshSettings, cluster: string, policy?: TrafficPolicy, side?: TelemetrySide): Filter {
  return tcpProxy(settings, [{ cluster, weight: 1 }], policy, side)
}
