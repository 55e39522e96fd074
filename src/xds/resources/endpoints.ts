/** Endpoints of the clusters that get them as a resource of their own (EDS), also where there are none. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
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

export function endpointResources(view: View, endpoints: MeshEndpoints, encoder: Encoder): EncodedResource[] {
  return view.scope.services.flatMap(service => {
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
  })
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
