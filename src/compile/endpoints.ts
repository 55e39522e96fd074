/** The endpoints of Kubernetes Services: from EndpointSlices or Endpoints where there are any for a service, else from its ready pods. */

import { serviceNameLabel } from '../api/kubernetes/endpointslice/schema.ts'
import type { EndpointSlice, Endpoints, Service as ServiceObject } from '../api/registry.ts'
import { remembering } from '../lib/identity-memo.ts'
import { selects } from '../model/labels.ts'
import { NOWHERE } from '../model/locality.ts'
import type { Endpoint, Service, ServicePort } from '../model/service.ts'
import { type Workload, workloadKey } from '../model/workload.ts'

/** An address as slices and Endpoints give it, with the ports it serves by name. */
interface ListedAddress {
  readonly address: string
  readonly pod: string
  readonly ready: boolean
  /** On its way out, and still answering its readiness probe. */
  readonly leaving: boolean
  readonly zone: string
  readonly node: string
  readonly ports: ReadonlyMap<string, number>
}

/** The objects of one service that list its endpoints: "namespace/name" -> objects. */
export function listingsByService(
  slices: readonly EndpointSlice[],
  endpoints: readonly Endpoints[],
): ReadonlyMap<string, readonly (EndpointSlice | Endpoints)[]> {
  const found = new Map<string, (EndpointSlice | Endpoints)[]>()
  const add = (key: string, object: EndpointSlice | Endpoints) => {
    const list = found.get(key)
    if (list) list.push(object)
    else found.set(key, [object])
  }
  for (const slice of slices) {
    const name = slice.labels[serviceNameLabel]
    if (name && slice.spec.addressType !== 'FQDN') add(`${slice.namespace}/${name}`, slice)
  }
  // The older form counts only where the newer one says nothing.
  for (const object of endpoints)
    if (!found.has(`${object.namespace}/${object.name}`)) add(`${object.namespace}/${object.name}`, object)
  return found
}

/** The pods behind listed addresses. @param pods by workload key and by address */
export function listedPods(
  listings: readonly (EndpointSlice | Endpoints)[],
  pods: ReadonlyMap<string, Workload>,
): readonly Workload[] {
  return listings.flatMap(addressesOf).flatMap(({ pod, address }) => pods.get(pod) ?? pods.get(address) ?? [])
}

/**
 * Those that are ready; where none is, those that leave and still serve, as kube-proxy does.
 * @param pods by workload key and by address
 */
export function listedEndpoints(
  object: ServiceObject,
  service: Service,
  listings: readonly (EndpointSlice | Endpoints)[],
  pods: ReadonlyMap<string, Workload>,
): Map<number, Endpoint[]> {
  const result = new Map<number, Endpoint[]>(service.ports.map(port => [port.number, []]))
  const seen = new Set<string>()
  const all = listings.flatMap(addressesOf)
  const ready = all.filter(({ ready, leaving }) => ready || (object.spec.publishNotReadyAddresses === true && !leaving))
  for (const listed of ready.length > 0 ? ready : all.filter(({ leaving }) => leaving)) {
    const pod = pods.get(listed.pod) ?? pods.get(listed.address)
    for (const port of service.ports) {
      const number = listed.ports.get(port.name) ?? (service.ports.length === 1 ? listed.ports.values().next().value : undefined)
      const key = `${listed.address} ${number} ${port.number}`
      if (number === undefined || seen.has(key)) continue
      seen.add(key)
      result.get(port.number)?.push(listedEndpoint(listed, number, service, pod))
    }
  }
  return result
}

const addressesOf = remembering((object: EndpointSlice | Endpoints): readonly ListedAddress[] => {
  if (object.kind === 'EndpointSlice') {
    const ports = portsByName(object.spec.ports)
    return (object.spec.endpoints ?? []).flatMap(({ addresses, conditions, targetRef, zone, nodeName }) => {
      const leaving = conditions?.terminating === true
      if (leaving && conditions.serving !== true) return []
      const rest = {
        ready: !leaving && conditions?.ready !== false,
        leaving,
        zone: zone ?? '',
        node: nodeName ?? '',
        ports,
        pod: podKey(targetRef, object.namespace),
      }
      return addresses.map(address => ({ address, ...rest }))
    })
  }
  return (object.spec.subsets ?? []).flatMap(subset => {
    const ports = portsByName(subset.ports)
    const listed = (ready: boolean, list: typeof subset.addresses) =>
      (list ?? []).map(({ ip, targetRef, nodeName }) => ({
        address: ip,
        ready,
        leaving: false,
        zone: '',
        node: nodeName ?? '',
        ports,
        pod: podKey(targetRef, object.namespace),
      }))
    return [...listed(true, subset.addresses), ...listed(false, subset.notReadyAddresses)]
  })
})

function podKey(
  target: { readonly kind?: string; readonly name?: string; readonly namespace?: string } | undefined,
  namespace: string,
): string {
  return target?.kind === 'Pod' && target.name ? `${target.namespace ?? namespace}/${target.name}` : ''
}

function portsByName(ports: readonly { readonly name?: string; readonly port?: number }[] | undefined): Map<string, number> {
  return new Map((ports ?? []).flatMap(({ name, port }) => (port === undefined ? [] : [[name ?? '', port] as const])))
}

function listedEndpoint(listed: ListedAddress, port: number, service: Service, pod: Workload | undefined): Endpoint {
  if (pod) return { ...endpointOfPod(pod, listed.address, port), node: listed.node || pod.node }
  const locality = listed.zone ? { ...NOWHERE, zone: listed.zone } : NOWHERE
  const unknown = { labels: {}, workload: undefined, workloadName: '', serviceAccount: '', network: '' }
  return { address: listed.address, port, locality, weight: 1, namespace: service.namespace, node: listed.node, ...unknown }
}

/** Endpoints of the pods that a selector picks, and that are ready. */
export function selectedEndpoints(service: Service, pods: readonly Workload[], notReadyToo: boolean): Map<number, Endpoint[]> {
  const selector = service.selector ?? {}
  const chosen = pods.filter(pod => (pod.ready || notReadyToo) && selects(selector, pod.labels))
  return new Map(service.ports.map(port => [port.number, chosen.flatMap(pod => podEndpoint(pod, port) ?? [])]))
}

/** Where traffic for one port of a pod goes: to the pod's own address, or to where its sidecar listens on this machine. */
export function podEndpoint(pod: Workload, port: ServicePort): Endpoint | undefined {
  const target = typeof port.target === 'number' ? port.target : pod.namedPorts.get(port.target)
  if (target === undefined) return undefined
  if (pod.capture.kind === 'ports') {
    const inbound = pod.capture.inbound.get(target)
    return inbound && endpointOfPod(pod, '127.0.0.1', inbound.listen)
  }
  const [address] = pod.addresses
  return address === undefined ? undefined : endpointOfPod(pod, address, target)
}

export function endpointOfPod(pod: Workload, address: string, port: number): Endpoint {
  const { labels, locality, namespace, serviceAccount, network, node, workloadName } = pod
  return {
    address,
    port,
    labels,
    locality,
    namespace,
    serviceAccount,
    network,
    node,
    workloadName,
    weight: 1,
    workload: workloadKey(pod),
    ...(pod.proxyless && pod.identity && { strictOnly: true }),
  }
}
