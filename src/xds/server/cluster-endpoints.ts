/**
 * Which endpoints a cluster waits for.
 */
import { Cluster, Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts'
import type { EncodedResource } from '../wire/resource.ts'

const names = new WeakMap<EncodedResource, { name: string | undefined }>()

/** The name of its ClusterLoadAssignment; undefined when it is not discovered by EDS, or is no cluster at all. */
export function endpointsName(cluster: EncodedResource): string | undefined {
  let found = names.get(cluster)
  if (!found) {
    found = { name: decode(cluster) }
    names.set(cluster, found)
  }
  return found.name
}

function decode({ bytes }: EncodedResource): string | undefined {
  try {
    const cluster = Cluster.decode(bytes)
    const type = cluster.clusterDiscoveryType
    if (type?.$case !== 'type' || type.value !== Cluster_DiscoveryType.EDS) return undefined
    return cluster.edsClusterConfig?.serviceName || cluster.name
  } catch {
    // The client will say what is wrong with it.
    return undefined
  }
}
