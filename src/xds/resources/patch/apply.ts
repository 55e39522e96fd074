/**
 * EnvoyFilters: changes to what was made, before it is sent. The entry to this folder. Each patched resource is made once for all proxies that
 * have the same patches and the same resource; proxies without patches have nothing to do with any of this.
 */
import { IdentityMemo } from '../../../lib/identity-memo.ts'
import type { Mesh } from '../../../model/mesh.ts'
import type { MeshProxy } from '../../../model/proxy.ts'
import type { EncodedResource } from '../../wire/resource.ts'
import { CLUSTER, LISTENER, type ResourceType, ROUTE, VIRTUAL_HOST } from '../../wire/type-url.ts'
import type { Encoder } from '../encoded.ts'
import type { ResourceCache } from '../resource-cache.ts'
import { LayeredSet, type ResourceSet } from '../resource-set.ts'
import { addedClusters, patchCluster } from './clusters.ts'
import { addedListeners, patchListener } from './listeners.ts'
import { patchHostResource, patchTable, ROUTE_TARGETS } from './routes.ts'
import { hasPatches, type Scene, sceneOf } from './scene.ts'

type Resources = ReadonlyMap<ResourceType, ResourceSet>
type Patch = (scene: Scene, encoder: Encoder, resource: EncodedResource) => EncodedResource | undefined

interface Patched {
  readonly targets: Parameters<typeof hasPatches>[1]
  readonly patch: Patch
  readonly added?: (scene: Scene, encoder: Encoder) => EncodedResource[]
}

/** Route tables stand inside listeners too. */
const CHAINS = ['filter-chain', 'network-filter', 'http-filter', 'extension-config', ...ROUTE_TARGETS] as const

const TYPES: ReadonlyMap<ResourceType, Patched> = new Map<ResourceType, Patched>([
  [CLUSTER, { targets: ['cluster'], patch: patchCluster, added: addedClusters }],
  [LISTENER, { targets: ['listener', 'listener-filter', ...CHAINS], patch: patchListener, added: addedListeners }],
  [ROUTE, { targets: ROUTE_TARGETS, patch: patchTable }],
  [VIRTUAL_HOST, { targets: ['virtual-host', 'route'], patch: patchHostResource }],
])

/** @returns `resources` itself when no patch is for this proxy */
export function withPatches(resources: Resources, mesh: Mesh, proxy: MeshProxy, cache: ResourceCache): Resources {
  const scene = sceneOf(mesh, proxy)
  if (!scene) return resources
  return new Map(
    [...resources].map(([type, set]): [ResourceType, ResourceSet] => {
      const patched = TYPES.get(type)
      return [type, patched && hasPatches(scene, patched.targets) ? patchedSet({ scene, patched, type, proxy, cache }, set) : set]
    }),
  )
}

interface Job {
  readonly scene: Scene
  readonly patched: Patched
  readonly type: ResourceType
  readonly proxy: MeshProxy
  readonly cache: ResourceCache
}

function patchedSet(job: Job, set: ResourceSet): ResourceSet {
  const { cache, proxy, type, scene, patched } = job
  const [common, rest] = set instanceof LayeredSet ? [set.shared, set.own] : [set, undefined]
  const shared = cache.derived(common, scene, type, () => patchEach(job, common))
  const own = rest ? patchEach(job, rest) : []
  // A name can be there once. What the mesh made stays: it was there before.
  const taken = (name: string) => shared.get(name) !== undefined || own.some(resource => resource.name === name)
  const added = (patched.added?.(scene, cache.encoder) ?? []).filter(({ name }) => !taken(name))
  if (own.length + added.length === 0) return shared
  return cache.layered(`patched ${proxy.id}`, type, shared, [...own, ...added])
}

const memo = new IdentityMemo<EncodedResource | undefined>()

function patchEach({ scene, patched, cache: { encoder } }: Job, set: ResourceSet): EncodedResource[] {
  const one = (resource: EncodedResource) => memo.get([resource, scene, encoder], () => patched.patch(scene, encoder, resource))
  return [...set.values()].flatMap(resource => one(resource) ?? [])
}
