/**
 * The names that a pod's DNS questions are answered from (Istio's NameTable), for proxies that answer them: each host name is a resource of its own, so
 * that one changed endpoint of a headless service sends one name again.
 */
import { isIP } from 'node:net'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { type Service, serviceKey } from '../../model/service.ts'
import { NameTable, type NameTable_NameInfo } from '../gen/istio/networking/nds/v1/nds.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Encoder } from './encoded.ts'
import type { View } from './view.ts'

/** Whether it answers its application's DNS questions. */
export function answersDns({ metadata }: MeshProxy): boolean {
  return metadata?.['DNS_CAPTURE'] === 'true'
}

export function nameTable({ scope }: View, mesh: Mesh, encoder: Encoder): EncodedResource[] {
  return [...scope.byHost].flatMap(([host, service]) => {
    const ips = addressesOf(mesh, service)
    if (ips.length === 0) return []
    return [encoder.encode(NameTable, host, { table: { [host]: { ips, ...kindOf(service) } } })]
  })
}

function kindOf({ platform, name, namespace }: Service): Omit<NameTable_NameInfo, 'ips'> {
  return platform
    ? { registry: 'Kubernetes', shortname: name, namespace }
    : { registry: 'External', shortname: '', namespace: '' }
}

/** Its own; of a headless service those of its endpoints. Ranges are no answer to a question. */
function addressesOf(mesh: Mesh, service: Service): string[] {
  if (!service.headless) return service.addresses.filter(address => isIP(address) !== 0)
  const endpoints = [...(mesh.endpoints.get(serviceKey(service))?.values() ?? [])].flat()
  return [...new Set(endpoints.map(({ address }) => address).filter(address => isIP(address) !== 0))]
}
