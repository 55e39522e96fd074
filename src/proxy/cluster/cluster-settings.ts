/**
 * A cluster's configuration (envoy.config.cluster.v3.Cluster) read whole and checked, so that building the cluster cannot fail any more.
 */
import { isIP } from 'node:net'
import {
  type Cluster,
  Cluster_DiscoveryType,
  type Cluster_DnsLookupFamily,
} from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { RoutingPriority } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { ClusterConfig } from '../../xds/gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.ts'
import { unpack } from '../../xds/wire/any.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { policyName } from '../balance/read-policy.ts'
import { type HealthSettings, readHealthChecks } from '../health/settings.ts'
import type { Secrets } from '../tls/secrets.ts'
import { type BreakerLimits, breakerLimits } from './circuit-breaker.ts'
import type { ResourcePriority } from './cluster.ts'
import { ofCluster } from './cluster-error.ts'
import type { ConnectorSettings } from './connector.ts'
import type { DnsSettings } from './dns-discovery.ts'
import { type Assignment, readAssignment } from './endpoint.ts'
import { type HttpSettings, httpSettings } from './http-settings.ts'
import { type OutlierSettings, outlierSettings } from './outlier-settings.ts'
import { TransportSockets } from './transport-socket.ts'

/** Where a cluster's hosts come from. */
export type DiscoverySettings =
  | { readonly kind: 'static'; readonly assignment: Assignment }
  | { readonly kind: 'dns'; readonly assignment: Assignment; readonly dns: DnsSettings }
  /** `initialFetchTimeoutMs` 0: wait for the first assignment as long as it takes. */
  | { readonly kind: 'eds'; readonly service: string; readonly initialFetchTimeoutMs: number }
  | { readonly kind: 'original-destination'; readonly cleanupMs: number; readonly port: number | undefined }
  | { readonly kind: 'forward-proxy'; readonly hostTtlMs: number; readonly maxHosts: number; readonly port: number }

export interface ClusterSettings {
  readonly name: string
  /** Under which it is known in statistics. */
  readonly statName: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly discovery: DiscoverySettings
  /** The balancing policy for people: "least request". */
  readonly balancing: string
  readonly http: HttpSettings
  readonly connection: ConnectorSettings
  readonly breakers: Readonly<Record<ResourcePriority, BreakerLimits>>
  readonly outlier: OutlierSettings | undefined
  readonly health: HealthSettings | undefined
  /** Hosts that are no longer assigned go at once, also while they pass their checks. */
  readonly ignoreHealthOnRemoval: boolean
  /** Health of hosts that sessions may stay with (override_host_status). */
  readonly sessionHealth: ReadonlySet<HealthStatus>
  readonly sockets: TransportSockets
}

/** Envoy's default. */
const SESSION_HEALTH = [HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DEGRADED]

const FORWARD_PROXY = 'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig'

/** @throws ClusterConfigError on what cannot be used */
export function readCluster(message: Cluster, secrets: Secrets): ClusterSettings {
  return ofCluster(message.name, () => {
    const http = httpSettings(message)
    const sockets = new TransportSockets(message, secrets)
    if (http.protocol === 'auto' && !sockets.fallback)
      throw new Error('auto_config agrees on a protocol by ALPN, expected a TLS transport socket')
    const discovery = readDiscovery(message, sockets)
    return {
      name: message.name,
      statName: (message.altStatName || message.name).replace(/;$/, ''),
      metadata: message.metadata?.filterMetadata ?? {},
      discovery,
      balancing: policyName(message),
      http,
      connection: readConnection(message, http, sockets),
      breakers: {
        default: limits(message, RoutingPriority.DEFAULT),
        high: limits(message, RoutingPriority.HIGH),
      },
      outlier: outlierSettings(message.outlierDetection),
      health: readHealth(message, discovery, http),
      ignoreHealthOnRemoval: message.ignoreHealthOnHostRemoval,
      sessionHealth: new Set(message.commonLbConfig?.overrideHostStatus?.statuses ?? SESSION_HEALTH),
      sockets,
    }
  })
}

function readHealth(message: Cluster, { kind }: DiscoverySettings, { protocol }: HttpSettings): HealthSettings | undefined {
  const health = readHealthChecks(message.healthChecks, message.name, protocol === 'http2')
  if (health && (kind === 'original-destination' || kind === 'forward-proxy'))
    throw new Error('health_checks of a cluster whose hosts are named by requests are not supported, expected endpoints')
  return health
}

function limits(message: Cluster, priority: RoutingPriority): BreakerLimits {
  return breakerLimits(message.circuitBreakers?.thresholds.find(threshold => threshold.priority === priority))
}

function readDiscovery(message: Cluster, sockets: TransportSockets): DiscoverySettings {
  const choice = message.clusterDiscoveryType
  if (choice?.$case === 'clusterType') {
    const config = unpack(FORWARD_PROXY, ClusterConfig, choice.value.typedConfig)
    if (!config)
      throw new Error(`cluster type "${choice.value.name}" is not supported, expected envoy.clusters.dynamic_forward_proxy`)
    return forwardProxy(config, sockets)
  }
  switch (choice?.value ?? Cluster_DiscoveryType.STATIC) {
    case Cluster_DiscoveryType.STATIC:
      return { kind: 'static', assignment: assigned(message, false) }
    case Cluster_DiscoveryType.STRICT_DNS:
      return { kind: 'dns', assignment: assigned(message, true), dns: dnsSettings(message, false) }
    case Cluster_DiscoveryType.LOGICAL_DNS: {
      const assignment = assigned(message, true)
      const count = assignment.endpoints.length
      if (count !== 1) throw new Error(`LOGICAL_DNS has ${count} endpoints, expected exactly one`)
      return { kind: 'dns', assignment, dns: dnsSettings(message, true) }
    }
    case Cluster_DiscoveryType.EDS: {
      const config = message.edsClusterConfig
      if (!config) throw new Error('an EDS cluster has no eds_cluster_config')
      const initialFetchTimeoutMs = durationMs(config.edsConfig?.initialFetchTimeout) ?? 15_000
      return { kind: 'eds', service: config.serviceName || message.name, initialFetchTimeoutMs }
    }
    case Cluster_DiscoveryType.ORIGINAL_DST: {
      const lb = message.lbConfig?.$case === 'originalDstLbConfig' ? message.lbConfig.value : undefined
      return {
        kind: 'original-destination',
        cleanupMs: durationMs(message.cleanupInterval) ?? 5000,
        port: lb?.upstreamPortOverride,
      }
    }
    default:
      throw new Error(`unknown discovery type ${choice?.value}, expected STATIC, STRICT_DNS, LOGICAL_DNS, EDS or ORIGINAL_DST`)
  }
}

function assigned(message: Cluster, names: boolean): Assignment {
  return message.loadAssignment ? readAssignment(message.loadAssignment, names) : { endpoints: [], overprovisioning: undefined }
}

function dnsSettings(message: Cluster, logical: boolean): DnsSettings {
  const refreshMs = durationMs(message.dnsRefreshRate) ?? 5000
  if (refreshMs < 1) throw new Error(`dns_refresh_rate is ${refreshMs} ms, expected at least 1 ms`)
  const failure = message.dnsFailureRefreshRate
  const initial = durationMs(failure?.baseInterval) ?? refreshMs
  const family: Cluster_DnsLookupFamily = message.dnsLookupFamily
  return { logical, family, refreshMs, failureRefreshMs: [initial, durationMs(failure?.maxInterval) ?? initial * 10] }
}

function forwardProxy(config: ClusterConfig, sockets: TransportSockets): DiscoverySettings {
  const choice = config.clusterImplementationSpecifier
  if (choice?.$case === 'subClustersConfig')
    throw new Error('dynamic forward proxy with sub_clusters_config is not supported, expected dns_cache_config')
  return {
    kind: 'forward-proxy',
    hostTtlMs: durationMs(choice?.value.hostTtl) ?? 300_000,
    maxHosts: choice?.value.maxHosts ?? 1024,
    port: sockets.fallback ? 443 : 80,
  }
}

function readConnection(message: Cluster, http: HttpSettings, { proxyProtocol }: TransportSockets): ConnectorSettings {
  const connectTimeoutMs = durationMs(message.connectTimeout) ?? 5000
  if (connectTimeoutMs <= 0) throw new Error(`connect_timeout is ${connectTimeoutMs} ms, expected more than 0`)
  const source = message.upstreamBindConfig?.sourceAddress?.address
  if (source !== undefined && isIP(source) === 0)
    throw new Error(`malformed upstream_bind_config source address "${source}", expected an IP address`)
  const keepAlive = message.upstreamConnectionOptions?.tcpKeepalive
  return {
    connectTimeoutMs,
    sourceAddress: source,
    // Probe count and interval are the kernel's: Node sets only how long to wait first. Linux waits two hours by itself.
    keepAliveMs: keepAlive && (keepAlive.keepaliveTime ?? 7200) * 1000,
    dnsFamily: forwardProxyFamily(message),
    http2: http.http2,
    proxyProtocol,
  }
}

function forwardProxyFamily(message: Cluster): Cluster_DnsLookupFamily {
  const choice = message.clusterDiscoveryType
  const config = choice?.$case === 'clusterType' ? unpack(FORWARD_PROXY, ClusterConfig, choice.value.typedConfig) : undefined
  const cache = config?.clusterImplementationSpecifier
  return cache?.$case === 'dnsCacheConfig' ? cache.value.dnsLookupFamily : message.dnsLookupFamily
}
