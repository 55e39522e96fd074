/** What cluster DNS knows: the services of the mesh by name. Pure. */
import { isIP } from 'node:net'
import { remembering } from '../../../../lib/identity-memo.ts'
import type { Mesh } from '../../../../model/mesh.ts'
import { type Service, serviceKey } from '../../../../model/service.ts'

/**
 * IPv4 addresses of a name: a service's own, of a headless one those of its endpoints; empty when it has none.
 * @param name in lower case, without the final dot @returns undefined for a name that is not the mesh's
 */
export function lookUp(mesh: Mesh, name: string): readonly string[] | undefined {
  const services = byName(mesh)
  const exact = services.get(name)
  if (exact) return exact
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const wild = services.get(`*${name.slice(dot)}`)
    if (wild) return wild
  }
  // Nobody else answers for the cluster's own domain.
  return name.endsWith('.cluster.local') ? [] : undefined
}

const byName = remembering((mesh: Mesh): ReadonlyMap<string, readonly string[]> => {
  const names = new Map<string, readonly string[]>()
  // The oldest service of a name wins, as everywhere.
  for (const service of mesh.services) {
    const addresses = addressesOf(mesh, service)
    if (!addresses) continue
    for (const name of [service.hostname, ...service.aliases.map(alias => alias.hostname)])
      if (!names.has(name)) names.set(name, addresses)
  }
  return names
})

/** Undefined: the mesh gives it no address, its name is resolved elsewhere. */
function addressesOf(mesh: Mesh, service: Service): readonly string[] | undefined {
  const own = service.addresses.filter(address => isIP(address) === 4)
  if (own.length > 0) return own
  if (!service.platform) return undefined
  const endpoints = [...(mesh.endpoints.get(serviceKey(service))?.values() ?? [])].flat()
  return [...new Set(endpoints.map(({ address }) => address).filter(address => isIP(address) === 4))]
}
