/** What an edit would do: the mistakes in it, and for each workload the listeners, routes, clusters and endpoints that would change. Pure. */
import { idOf, kindIds } from '../../../api/kind-name.ts'
import type { AnyObject, KindId } from '../../../api/registry.ts'
import type { Objects } from '../../../compile/objects.ts'
import { proxyOfWorkload } from '../../../explain/proxies.ts'
import type { Mesh } from '../../../model/mesh.ts'
import { ResourceCache, resourcesFor } from '../../../xds/resources/proxy.ts'
import type { ResourceSet } from '../../../xds/resources/resource-set.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE, SECRET, VIRTUAL_HOST } from '../../../xds/wire/type-url.ts'

export interface WorkloadChange {
  /** "shop/cart": pods of one workload that would change alike. */
  readonly workload: string
  readonly pods: number
  readonly changes: readonly ResourceChange[]
}

export interface ResourceChange {
  readonly type: 'listener' | 'route' | 'virtual host' | 'cluster' | 'endpoints' | 'secret'
  readonly name: string
  readonly how: 'added' | 'changed' | 'removed'
}

const TYPES: readonly (readonly [ResourceType, ResourceChange['type']])[] = [
  [LISTENER, 'listener'],
  [ROUTE, 'route'],
  [VIRTUAL_HOST, 'virtual host'],
  [CLUSTER, 'cluster'],
  [ENDPOINT, 'endpoints'],
  [SECRET, 'secret'],
]

/**
 * The objects as they would be with another text of one file.
 * @param live kinds whose objects are not the files' (pods that run)
 */
export function withFile(objects: Objects, file: string, now: readonly AnyObject[], live: ReadonlySet<KindId>): Objects {
  const anew = Map.groupBy(now, idOf)
  const lists: Partial<Record<KindId, readonly AnyObject[]>> = {}
  for (const id of kindIds) {
    const before: readonly AnyObject[] = objects[id]
    const kept = before.filter(({ origin }) => origin.file !== file)
    const added = anew.get(id) ?? []
    const isTouched = !live.has(id) && (added.length > 0 || kept.length < before.length)
    lists[id] = isTouched ? [...kept, ...added].sort(byName) : before
  }
  return lists as Objects // every list holds the objects whose kind is its id
}

function byName(a: AnyObject, b: AnyObject): number {
  const [one, other] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`]
  return one < other ? -1 : Number(one > other)
}

/** Only what is different; workloads by name. */
export function changesBetween(before: Mesh, after: Mesh): WorkloadChange[] {
  const caches = [new ResourceCache(), new ResourceCache()] as const
  const found = new Map<string, { workload: string; pods: number; changes: readonly ResourceChange[] }>()
  for (const pod of after.workloads.values()) {
    // Without an identity there is no sidecar that would be told.
    if (!pod.identity) continue
    const was = resourcesFor(before, proxyOfWorkload(before, pod), caches[0])
    const now = resourcesFor(after, proxyOfWorkload(after, pod), caches[1])
    const changes = TYPES.flatMap(([type, word]) => setChanges(word, was.get(type), now.get(type)))
    if (changes.length === 0) continue
    const workload = `${pod.namespace}/${pod.workloadName}`
    const key = `${workload} ${JSON.stringify(changes)}`
    const known = found.get(key)
    if (known) known.pods++
    else found.set(key, { workload, pods: 1, changes })
  }
  return [...found.values()].sort((a, b) => (a.workload < b.workload ? -1 : 1))
}

function setChanges(
  type: ResourceChange['type'],
  before: ResourceSet | undefined,
  after: ResourceSet | undefined,
): ResourceChange[] {
  const was = new Map([...(before?.values() ?? [])].map(resource => [resource.name, resource.version]))
  const changes: ResourceChange[] = []
  for (const { name, version } of after?.values() ?? []) {
    const old = was.get(name)
    if (old === undefined) changes.push({ type, name, how: 'added' })
    else if (old !== version) changes.push({ type, name, how: 'changed' })
    was.delete(name)
  }
  for (const name of was.keys()) changes.push({ type, name, how: 'removed' })
  return changes.sort((a, b) => (a.name < b.name ? -1 : 1))
}
