/** Endpoints of a cluster, grouped by locality and priority (Envoy ClusterLoadAssignment). */
import { peerFieldsOf, peerText } from '../../lib/peer-fields.ts'
import { compareText } from '../../model/age.ts'
import { hasLabels } from '../../model/labels.ts'
import { localityKey, NOWHERE } from '../../model/locality.ts'
import type { Endpoint } from '../../model/service.ts'
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts'
import { LbEndpoint, LocalityLbEndpoints } from '../gen/envoy/config/endpoint/v3/endpoint_components.ts'
import { type ClusterInputs, discoveryOf } from './cluster-inputs.ts'
import { localityWeights, priorityOf, shares, withTopology } from './endpoint-priority.ts'
import { type Reached, reachedEndpoints } from './network-gateways.ts'
import { endpointAddress, isSingleAddress } from './values.ts'

export function isWeighted({ view, policy }: ClusterInputs): boolean {
  return shares(view, policy) !== undefined
}

export function loadAssignment(inputs: ClusterInputs, clusterName: string): ClusterLoadAssignment {
  const groups = new Map<string, Endpoint[]>()
  for (const endpoint of endpointsOf(inputs)) {
    const priority = priorityOf(inputs.view, inputs.service, inputs.policy, endpoint)
    const key = `${priority} ${localityKey(endpoint.locality)}`
    const group = groups.get(key)
    if (group) group.push(endpoint)
    else groups.set(key, [endpoint])
  }
  const sorted = [...groups].sort(([a], [b]) => compareText(a, b))
  const weights = configuredWeights(inputs, sorted)
  const priorities = [...new Set(sorted.map(([key]) => key.split(' ', 1)[0]))] // without gaps, as Envoy demands
  const endpoints = sorted.flatMap(([key, group]): LocalityLbEndpoints[] => {
    const reached = reachedEndpoints(inputs, group)
    const first = reached[0]?.endpoint
    const weight = weights
      ? weights.get(localityKey(first?.locality ?? NOWHERE))
      : weightOf(reached.map(({ endpoint }) => endpoint))
    if (!first || !weight) return []
    return [
      LocalityLbEndpoints.fromPartial({
        locality: { region: first.locality.region, zone: first.locality.zone, subZone: first.locality.subzone },
        lbEndpoints: reached.map(each => lbEndpoint(each, inputs)),
        loadBalancingWeight: weight,
        priority: priorities.indexOf(key.split(' ', 1)[0]),
      }),
    ]
  })
  return ClusterLoadAssignment.fromPartial({ clusterName, endpoints })
}

function endpointsOf(inputs: ClusterInputs): readonly Endpoint[] {
  const { port, subset, endpoints } = inputs
  const discovery = discoveryOf(inputs)
  const known = endpoints?.get(port.number) ?? []
  if (known.length === 0 && discovery === 'dns') return [byName(inputs)]
  // Envoy refuses endpoints that it would have to look up; a WorkloadEntry with a name can be selected by a service of addresses.
  const all = known.filter(({ address }) =>
    discovery === 'endpoints' ? address === '' || isSingleAddress(address) || address.startsWith('unix:') : address !== '',
  )
  if (!subset || Object.keys(subset.labels).length === 0) return all
  return all.filter(endpoint => hasLabels(withTopology(endpoint.labels, endpoint.locality, endpoint), subset.labels))
}

/** A service that is only a name in DNS is its own endpoint. */
function byName({ service, port }: ClusterInputs): Endpoint {
  const at = { address: service.hostname, port: port.number, weight: 1 }
  const unknown = { workload: undefined, workloadName: '', serviceAccount: '', network: '', node: '', labels: {} }
  return { ...at, ...unknown, namespace: service.namespace, locality: NOWHERE }
}

function configuredWeights(
  inputs: ClusterInputs,
  groups: readonly [string, Endpoint[]][],
): ReadonlyMap<string, number> | undefined {
  const configured = shares(inputs.view, inputs.policy)
  if (!configured) return undefined
  const localities = groups.flatMap(([, group]) => {
    const [first] = group
    return first ? [[localityKey(first.locality), { locality: first.locality, weight: weightOf(group) }] as const] : []
  })
  return localityWeights(configured, new Map(localities))
}

function weightOf(endpoints: readonly Endpoint[]): number {
  return endpoints.reduce((sum, endpoint) => sum + endpoint.weight, 0)
}

function lbEndpoint({ endpoint, secured }: Reached, { view }: ClusterInputs): LbEndpoint {
  const workload = workloadText(endpoint, view.settings.clusterId)
  const filterMetadata = {
    ...(secured ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
    ...(workload ? { istio: { workload } } : {}),
  }
  return LbEndpoint.fromPartial({
    hostIdentifier: { $case: 'endpoint', value: { address: endpointAddress(endpoint.address, endpoint.port) } },
    loadBalancingWeight: endpoint.weight,
    metadata: workload || secured ? { filterMetadata } : undefined,
  })
}

/** Who an endpoint is, for telemetry. "": nobody knows. */
function workloadText({ workloadName: workload, namespace, labels }: Endpoint, cluster: string): string {
  const fields = peerFieldsOf({ workload, namespace, labels, cluster })
  return fields.canonical_service === undefined ? '' : peerText(fields)
}
