/** Endpoints of the clusters that get them as a resource of their own (EDS), also where there are none. */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import { type Service, type ServiceEndpoints, serviceKey } from '../../model/service.ts'
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { clusterInputs, discoveryOf } from './cluster-inputs.ts'
import type { Encoder } from './encoded.ts'
import { loadAssignment } from './load-assignment.ts'
import { outboundCluster } from './names.ts'
import { ruleFor, type View } from './view.ts'

/** By serviceKey(). */
export type MeshEndpoints = ReadonlyMap<string, ServiceEndpoints>

/** Of one service and its ports and subsets. */
const memo = new IdentityMemo<readonly EncodedResource[]>()

/** The endpoints of all that a group of proxies sees, service by service: of ten thousand services mostly one changes. */
export interface OutboundEndpoints {
  readonly view: View
  readonly endpoints: MeshEndpoints
  /** In the order of the view's services. */
  readonly byService: readonly (readonly EncodedResource[])[]
}

/** @param before of the same group of proxies, for the state of the mesh before */
export function outboundEndpoints(
  view: View,
  endpoints: MeshEndpoints,
  encoder: Encoder,
  before?: OutboundEndpoints,
): OutboundEndpoints {
  const { services } = view.scope
  if (!before || !isSameButForEndpoints(before.view, view)) {
    return { view, endpoints, byService: services.map(service => endpointsOf(view, endpoints, encoder, service)) }
  }
  const byService = [...before.byService]
  const places = placesOf(services)
  for (const key of changes.get([before.endpoints, endpoints], () => changedKeys(before.endpoints, endpoints))) {
    for (const place of places.get(key) ?? []) {
      const service = services[place]
      if (service) byService[place] = endpointsOf(view, endpoints, encoder, service)
    }
  }
  return { view, endpoints, byService }
}

function isSameButForEndpoints(before: View, now: View): boolean {
  const parts = (view: View) => [
    view.scope.services,
    view.trafficRules,
    view.settings,
    view.peerPolicies,
    view.traits,
    view.namespace,
    view.rules,
  ]
  const old = parts(before)
  return parts(now).every((part, i) => part === old[i])
}

/** Places of services in a list, by serviceKey(). */
const placesOf = remembering((services: readonly Service[]) => {
  const places = new Map<string, number[]>()
  for (const [i, service] of services.entries()) {
    const key = serviceKey(service)
    const list = places.get(key)
    if (list) list.push(i)
    else places.set(key, [i])
  }
  return places
})

const changes = new IdentityMemo<readonly string[]>()

function changedKeys(before: MeshEndpoints, now: MeshEndpoints): string[] {
  const changed: string[] = []
  for (const [key, endpoints] of now) if (before.get(key) !== endpoints) changed.push(key)
  for (const key of before.keys()) if (!now.has(key)) changed.push(key)
  return changed
}

function endpointsOf(view: View, endpoints: MeshEndpoints, encoder: Encoder, service: Service): readonly EncodedResource[] {
  const known = endpoints.get(serviceKey(service))
  const rule = ruleFor(view, service)
  return memo.get([encoder, service, known, rule, view.settings, view.peerPolicies, view.traits], () =>
    clusterInputs(view, service, rule, known)
      .filter(inputs => discoveryOf(inputs) === 'endpoints')
      .map(inputs => {
        const name = outboundCluster(inputs.port.number, inputs.subset?.name ?? '', service.hostname)
        return encoder.encode(ClusterLoadAssignment, name, loadAssignment(inputs, name))
      }),
  )
}

/**
 * The endpoints of those services whose other resources contain them: clusters of DNS names, listeners for the pods of headless services. The
 * same list as long as these are the same, whatever becomes of the others.
 */
export function containedEndpoints(services: readonly Service[], endpoints: MeshEndpoints): readonly ServiceEndpoints[] {
  return contained.get([services, endpoints], () => {
    const found = services.flatMap(service => {
      const inside = service.headless || service.resolution === 'dns' || service.resolution === 'dns-round-robin'
      return inside ? (endpoints.get(serviceKey(service)) ?? []) : []
    })
    return lists.get(found, () => found)
  })
}

const contained = new IdentityMemo<readonly ServiceEndpoints[]>()
const lists = new IdentityMemo<readonly ServiceEndpoints[]>()
