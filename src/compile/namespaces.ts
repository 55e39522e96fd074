/** Which namespaces belong to the mesh (MeshConfig.discoverySelectors): what stands in others is not looked at. */
import { kindIds } from '../api/kind-name.ts'
import type { AnyObject, KindId } from '../api/registry.ts'
import { IdentityMemo } from '../lib/identity-memo.ts'
import { matchesLabels } from '../model/label-selector.ts'
import type { MeshSettings } from '../model/settings.ts'
import type { Objects } from './objects.ts'

const chosen = new IdentityMemo<ReadonlySet<string>>()
const lists = new IdentityMemo<readonly AnyObject[]>()

/** The root namespace always belongs to it, and what lives in no namespace does too. */
export function objectsOfMesh(objects: Objects, settings: MeshSettings): Objects {
  if (settings.namespaces.length === 0) return objects
  const names = chosen.get([objects.Namespace, settings], () => {
    const selected = objects.Namespace.filter(({ name, labels }) =>
      settings.namespaces.some(selector => matchesLabels(selector, { 'kubernetes.io/metadata.name': name, ...labels })),
    )
    return new Set(['', settings.rootNamespace, ...selected.map(namespace => namespace.name)])
  })
  const kept: Partial<Record<KindId, readonly AnyObject[]>> = {}
  for (const id of kindIds) {
    const list: readonly AnyObject[] = objects[id]
    kept[id] = lists.get([list, names], () => list.filter(object => names.has(object.namespace)))
  }
  return kept as Objects // each list is a part of the one with the same id
}
