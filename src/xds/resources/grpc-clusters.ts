/**
 * Clusters for applications that speak gRPC and xDS themselves. They know fewer features than Envoy and refuse a resource with one they do
 * not know, so only those are here that all implementations have.
 */
import { serviceKey } from '../../model/service.ts'
import type { ServiceAccounts } from '../../model/service-accounts.ts'
import type { OutlierDetection } from '../../model/traffic-policy.ts'
import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { type ClusterInputs, clusterInputs, discoveryOf } from './cluster-inputs.ts'
import type { Encoder } from './encoded.ts'
import type { MeshEndpoints } from './endpoints.ts'
import { grpcClientSecurity } from './grpc-tls.ts'
import { loadAssignment } from './load-assignment.ts'
import { outboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { outlierDetection } from './outlier-detection.ts'
import { FROM_ADS } from './values.ts'
import { ruleFor, type View } from './view.ts'

export function grpcClusters(
  view: View,
  endpoints: MeshEndpoints,
  accounts: ServiceAccounts,
  encoder: Encoder,
): EncodedResource[] {
  return view.scope.services.flatMap(service => {
    const key = serviceKey(service)
    return clusterInputs(view, service, ruleFor(view, service), endpoints.get(key), accounts.get(key)).flatMap(inputs => {
      const cluster = grpcCluster(inputs)
      return cluster ? [encoder.encode(Cluster, cluster.name, cluster)] : []
    })
  })
}

function grpcCluster(inputs: ClusterInputs): Cluster | undefined {
  const { service, port, subset, policy } = inputs
  const name = outboundCluster(port.number, subset?.name ?? '', service.hostname)
  const discovery = discoveryFor(inputs, name)
  const security = grpcClientSecurity(inputs)
  // Better not reached than in plaintext.
  if (!discovery || security === 'impossible') return undefined
  const maxRequests = policy?.pool?.maxRequests
  return Cluster.fromPartial({
    name,
    ...discovery,
    // grpc-js refuses LEAST_REQUEST, which elsewhere is the default.
    lbPolicy: policy?.balancer?.kind === 'consistent-hash' ? Cluster_LbPolicy.RING_HASH : Cluster_LbPolicy.ROUND_ROBIN,
    circuitBreakers: maxRequests === undefined ? undefined : { thresholds: [{ maxRequests }] },
    outlierDetection: policy?.outliers && outlierDetection(byRate(policy.outliers)),
    transportSocket: security,
    metadata: originMetadata(subset?.origin ?? service.origin),
  })
}

/** Libraries count shares of failures, not failures in a row (gRFC A50): so many in an interval, and nothing else, is what comes nearest. */
function byRate(outliers: OutlierDetection): OutlierDetection {
  const inRow = outliers.consecutiveGateway || outliers.consecutive5xx
  if (outliers.failureRate || !inRow) return outliers
  return { ...outliers, failureRate: { percent: 99, minimumRequests: inRow, minimumEndpoints: 1 } }
}

/** Endpoints over xDS, or one DNS name; others cannot be reached from such a client. */
function discoveryFor(inputs: ClusterInputs, name: string): Partial<Cluster> | undefined {
  const resolution = discoveryOf(inputs)
  if (resolution === 'endpoints') {
    const clusterDiscoveryType = { $case: 'type', value: Cluster_DiscoveryType.EDS } as const
    return { clusterDiscoveryType, edsClusterConfig: { edsConfig: FROM_ADS, serviceName: name } }
  }
  if (resolution !== 'dns' && resolution !== 'dns-round-robin') return undefined
  const assignment = loadAssignment(inputs, name)
  if (assignment.endpoints.length !== 1 || assignment.endpoints[0]?.lbEndpoints.length !== 1) return undefined
  return { clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.LOGICAL_DNS }, loadAssignment: assignment }
}
