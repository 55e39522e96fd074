/** How near each endpoint is to the client: which are tried first, and what share of the traffic goes where. */
import { hasLabels, type Labels } from '../../model/labels.ts'
import { distance, type Locality, localityKey, localityMatches } from '../../model/locality.ts'
import type { Endpoint, Service } from '../../model/service.ts'
import type { LocalityPolicy, TrafficPolicy } from '../../model/traffic-policy.ts'
import type { View } from './view.ts'

/** The locality policy in force; undefined: distance does not matter. */
export function localityPolicy(view: View, policy: TrafficPolicy | undefined): LocalityPolicy | undefined {
  const chosen = policy?.balancer?.locality ?? view.settings.locality
  return chosen?.enabled ? chosen : undefined
}

/** The shares that clients here give to localities; undefined: none are configured for them. */
export function shares(view: View, policy: TrafficPolicy | undefined): ReadonlyMap<string, number> | undefined {
  const distribute = localityPolicy(view, policy)?.distribute ?? []
  return distribute.find(entry => localityMatches(view.locality, entry.from))?.to
}

/**
 * 0 is tried first. Distance matters only where a failing endpoint would be noticed, that is with outlier detection, or where the service
 * itself asks for it (trafficDistribution).
 */
export function priorityOf(view: View, service: Service, policy: TrafficPolicy | undefined, endpoint: Endpoint): number {
  if (!policy?.balancer?.locality && service.trafficDistribution) return byDistribution(view, service, endpoint)
  const locality = localityPolicy(view, policy)
  if (!locality || !policy?.outliers) return 0
  if (locality.failoverPriority.length > 0) return byLabels(view, locality.failoverPriority, endpoint)
  return distance(view.locality, endpoint.locality, locality.failover)
}

function byDistribution(view: View, service: Service, endpoint: Endpoint): number {
  const sameZone = view.locality.zone === endpoint.locality.zone && view.locality.region === endpoint.locality.region
  switch (service.trafficDistribution) {
    case 'PreferSameNode':
      if (view.node !== '' && view.node === endpoint.node) return 0
      return sameZone ? 1 : 2
    default: // PreferClose is PreferSameZone's old name
      return distance(view.locality, endpoint.locality, [])
  }
}

/** The number of labels, in order, up to the first that differs counts: all equal is 0. */
function byLabels(view: View, wanted: readonly string[], endpoint: Endpoint): number {
  const labels = withTopology(endpoint.labels, endpoint.locality, endpoint)
  const own = withTopology(view.labels, view.locality, view)
  for (const [i, text] of wanted.entries()) {
    const [key = '', value = own[key] ?? ''] = text.split('=')
    if (!hasLabels(labels, { [key]: value })) return wanted.length - i
  }
  return 0
}

/** Where an endpoint is can be asked for like a label, in subsets too. */
export function withTopology(
  labels: Labels,
  locality: Locality,
  at: { readonly node: string; readonly network?: string },
): Labels {
  return {
    ...labels,
    'topology.kubernetes.io/region': locality.region,
    'topology.kubernetes.io/zone': locality.zone,
    'topology.istio.io/subzone': locality.subzone,
    'topology.istio.io/network': at.network ?? '',
    'kubernetes.io/hostname': at.node,
  }
}

/**
 * Splits the shares between the localities that each entry names, by the weight they have there.
 * @param weights locality key -> sum of its endpoints' weights
 * @returns locality key -> weight; a locality without one gets no traffic
 */
export function localityWeights(
  configured: ReadonlyMap<string, number>,
  localities: ReadonlyMap<string, { readonly locality: Locality; readonly weight: number }>,
): ReadonlyMap<string, number> {
  const result = new Map<string, number>()
  for (const [rule, share] of configured) {
    const meant = [...localities.values()].filter(entry => localityMatches(entry.locality, rule))
    const total = meant.reduce((sum, entry) => sum + entry.weight, 0)
    for (const { locality, weight } of meant) result.set(localityKey(locality), Math.ceil((weight * share) / total))
  }
  return result
}
