/**
 * Patches of EnvoyFilters that find nothing to change: what the proxies they are for are sent is the same without them. Asked of the very code
 * that applies them, so that whatever a patch may match is looked at.
 */
import type { EnvoyFilter, EnvoyPatch } from '../../model/envoy-patch.ts'
import { patchesFor } from '../../model/envoy-patch.ts'
import { labelsKey } from '../../model/labels.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from '../../xds/resources/proxy.ts'
import { proxyOfWorkload } from '../proxies.ts'

/** Proxies that are asked; those of one namespace with the same labels are one. More would take seconds. */
const MOST_PROXIES = 40

/** Of patches that are for some proxy here. Those that ask for a version or for metadata are left out: proxies tell these when they run. */
export function ineffectivePatches(mesh: Mesh): EnvoyPatch[] {
  if (mesh.envoyFilters.length === 0) return []
  const proxies = kindsOfProxies(mesh).map(proxy => ({ proxy, whole: resourcesFor(mesh, proxy, new ResourceCache()) }))
  return mesh.envoyFilters.flatMap(filter =>
    filter.patches.filter(patch => {
      if (patch.proxy.version !== '' || Object.keys(patch.proxy.metadata).length > 0) return false
      const meant = proxies.filter(({ proxy }) => patchesFor([filter], proxy, mesh.settings).includes(patch))
      return meant.length > 0 && meant.every(({ proxy, whole }) => isSame(whole, without(mesh, filter, patch, proxy)))
    }),
  )
}

function without(mesh: Mesh, filter: EnvoyFilter, patch: EnvoyPatch, proxy: MeshProxy): ProxyResources {
  const rest = { ...filter, patches: filter.patches.filter(each => each !== patch) }
  const envoyFilters = mesh.envoyFilters.map(each => (each === filter ? rest : each))
  return resourcesFor({ ...mesh, envoyFilters }, proxy, new ResourceCache())
}

function kindsOfProxies(mesh: Mesh): MeshProxy[] {
  const kinds = new Map<string, MeshProxy>()
  for (const workload of mesh.workloads.values()) {
    const key = `${workload.namespace}\n${labelsKey(workload.labels)}`
    if (!kinds.has(key)) kinds.set(key, proxyOfWorkload(mesh, workload))
    if (kinds.size === MOST_PROXIES) break
  }
  return [...kinds.values()]
}

function isSame(a: ProxyResources, b: ProxyResources): boolean {
  for (const [type, set] of a) {
    const others = new Map([...(b.get(type)?.values() ?? [])].map(({ name, bytes }) => [name, bytes]))
    const mine = [...set.values()]
    if (mine.length !== others.size) return false
    for (const { name, bytes } of mine) {
      const other = others.get(name)
      if (!other || Buffer.compare(bytes, other) !== 0) return false
    }
  }
  return true
}
