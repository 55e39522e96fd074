/** Endpoints of the clusters that get them as a resource of their own (EDS), also where there are none. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Endpoint } from '../../model/service.ts'
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { discoveryOf, outboundClusterInputs } from './cluster-inputs.ts'
import type { Encoder } from './encoded.ts'
import { loadAssignment } from './load-assignment.ts'
import { outboundCluster } from './names.ts'
import type { View } from './view.ts'

const NONE: readonly Endpoint[] = []
const memo = new IdentityMemo<EncodedResource>()

export function endpointResources(view: View, encoder: Encoder): EncodedResource[] {
  return outboundClusterInputs(view).flatMap(inputs => {
    if (discoveryOf(inputs) !== 'endpoints') return []
    const { service, port, subset, rule } = inputs
    const known = inputs.endpoints?.get(port.number) ?? NONE
    const key = [encoder, known, view.mesh.settings, service, rule, port.number, subset?.name ?? '', view.traits]
    return memo.get(key, () => {
      const name = outboundCluster(port.number, subset?.name ?? '', service.hostname)
      return encoder.encode(ClusterLoadAssignment, name, loadAssignment(inputs, name))
    })
  })
}
