/** Clusters from a sidecar to its own application, one for each port of the workload. */
import type { MeshSettings } from '../../model/settings.ts'
import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { circuitBreakers, connectionOptions } from './circuit-breakers.ts'
import { passedInbound } from './cluster-special.ts'
import type { InboundPort } from './inbound-port.ts'
import { inboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { inboundStatName } from './stat-name.ts'
import { upstreamHttp } from './upstream-http.ts'
import { duration, endpointAddress } from './values.ts'

/** Unused hosts of an original-destination cluster need no cleaning up where there is only one: the workload. */
const NEVER_MS = 60_000 * 1000

export function inboundClusterFor(settings: MeshSettings, inbound: InboundPort, ipv6: boolean): Cluster {
  const name = inboundCluster(inbound.target)
  return Cluster.fromPartial({
    name,
    altStatName: `${inboundStatName(settings, inbound) ?? name};`,
    connectTimeout: duration(inbound.pool?.connectTimeoutMs ?? settings.connectTimeoutMs),
    circuitBreakers: circuitBreakers(inbound.pool, undefined),
    typedExtensionProtocolOptions: upstreamHttp({
      protocol: inbound.protocol,
      followsClient: true,
      pool: inbound.pool,
      upgradeToHttp2: false,
      automaticServerName: false,
    }),
    upstreamConnectionOptions: connectionOptions(inbound.pool?.keepalive, settings.keepalive),
    metadata: originMetadata(inbound.origin, {
      services: inbound.services.map(service => ({ host: service.hostname, name: service.name, namespace: service.namespace })),
    }),
    ...(inbound.endpoint ? toEndpoint(name, inbound.endpoint) : toOriginalDestination(ipv6)),
  })
}

function toEndpoint(clusterName: string, { address, port }: NonNullable<InboundPort['endpoint']>): Partial<Cluster> {
  const { loadAssignment } = Cluster.fromPartial({
    loadAssignment: {
      clusterName,
      endpoints: [
        { lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address: endpointAddress(address, port) } } }] },
      ],
    },
  })
  return { clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC }, loadAssignment }
}

function toOriginalDestination(ipv6: boolean): Partial<Cluster> {
  return {
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    cleanupInterval: duration(NEVER_MS),
    upstreamBindConfig: passedInbound(ipv6),
  }
}
