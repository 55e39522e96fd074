/** Clusters that belong to no service: traffic to the unknown, to nowhere, and to names resolved when they are asked for. */
import type { MeshSettings } from '../../model/settings.ts'
import {
  Cluster,
  Cluster_DiscoveryType,
  type Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
} from '../gen/envoy/config/cluster/v3/cluster.ts'
import { ClusterConfig } from '../gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.ts'
import { DnsCacheConfig } from '../gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache.ts'
import { pack } from '../wire/any.ts'
import { circuitBreakers } from './circuit-breakers.ts'
import { BLACK_HOLE, DYNAMIC_DNS, INBOUND_PASSTHROUGH, PASSTHROUGH } from './names.ts'
import { upstreamHttp } from './upstream-http.ts'
import { duration, endpointAddress } from './values.ts'

/** Refuses every connection. */
export function blackHole(settings: MeshSettings): Cluster {
  return Cluster.fromPartial({
    name: BLACK_HOLE,
    connectTimeout: duration(settings.connectTimeoutMs),
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
  })
}

/** From a CONNECT tunnel back into a listener of the workload's own. @param port of the listener */
export function loopbackTunnel(settings: MeshSettings, name: string, port: number): Cluster {
  const address = endpointAddress('127.0.0.1', port)
  return Cluster.fromPartial({
    name,
    connectTimeout: duration(settings.connectTimeoutMs),
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    circuitBreakers: circuitBreakers(undefined, undefined),
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address } } }] }],
    },
  })
}

/** To wherever the client was going. */
export function passthrough(settings: MeshSettings): Cluster {
  return Cluster.fromPartial({ name: PASSTHROUGH, ...originalDestination(settings) })
}

/** As passthrough(), for connections from outside: they leave from an address that marks them as having been here. */
export function inboundPassthrough(settings: MeshSettings, ipv6: boolean): Cluster {
  return Cluster.fromPartial({
    name: INBOUND_PASSTHROUGH,
    ...originalDestination(settings),
    upstreamBindConfig: passedInbound(ipv6),
  })
}

/** Source address of connections that the inbound side made; redirection leaves them alone. */
export function passedInbound(ipv6: boolean): NonNullable<Cluster['upstreamBindConfig']> {
  const source = {
    sourceAddress: { address: ipv6 ? '::6' : '127.0.0.6', portSpecifier: { $case: 'portValue', value: 0 } },
  } as const
  const { upstreamBindConfig } = Cluster.fromPartial({ upstreamBindConfig: source })
  if (!upstreamBindConfig) throw new Error('Cannot make a bind config: expected what was just given')
  return upstreamBindConfig
}

function originalDestination(settings: MeshSettings): Partial<Cluster> {
  return {
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    connectTimeout: duration(settings.connectTimeoutMs),
    circuitBreakers: circuitBreakers(undefined, undefined),
    typedExtensionProtocolOptions: upstreamHttp({
      protocol: 'auto',
      followsClient: true,
      pool: undefined,
      upgradeToHttp2: false,
      automaticServerName: false,
    }),
  }
}

/** Resolves the host of each request (or CONNECT) by itself. */
export function dynamicDns(settings: MeshSettings, family: Cluster_DnsLookupFamily): Cluster {
  return Cluster.fromPartial({
    name: DYNAMIC_DNS,
    connectTimeout: duration(settings.connectTimeoutMs),
    circuitBreakers: circuitBreakers(undefined, undefined),
    ...dynamicForwardProxy(family),
  })
}

export function dynamicForwardProxy(family: Cluster_DnsLookupFamily): Pick<Cluster, 'clusterDiscoveryType' | 'lbPolicy'> {
  const config = ClusterConfig.fromPartial({
    clusterImplementationSpecifier: { $case: 'dnsCacheConfig', value: dnsCache(family) },
  })
  const typedConfig = pack('envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig', ClusterConfig, config)
  return {
    clusterDiscoveryType: { $case: 'clusterType', value: { name: 'envoy.clusters.dynamic_forward_proxy', typedConfig } },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  }
}

/** The cache that cluster and HTTP filter share: both must be given exactly the same. */
export function dnsCache(family: Cluster_DnsLookupFamily): DnsCacheConfig {
  return DnsCacheConfig.fromPartial({ name: 'dynamic_dns', dnsLookupFamily: family })
}
