/** Kinds of which only one object may hold for a pod (Sidecar, Telemetry): where several do. */
import type { Labels } from '../../../model/labels.ts'
import type { Resource } from '../resource.ts'
import { podsOf, selectedBy } from '../workloads.ts'
import type { World } from '../world.ts'

interface Conflict {
  readonly object: Resource
  /** All that are in conflict, the object too. */
  readonly others: readonly string[]
}

/** @returns the labels an object selects; undefined: it has no selector */
type SelectorOf = (object: Resource) => Labels | undefined

/** One conflict for each object and pod. */
export function conflictingSelectors(
  objects: readonly Resource[],
  selectorOf: SelectorOf,
  world: World,
): (Conflict & { readonly pod: string })[] {
  return podsOf(world).flatMap(pod => {
    const selecting = objects.filter(object => {
      const selector = selectorOf(object)
      return selector !== undefined && selectedBy(selector, [pod], object.namespace).length > 0
    })
    if (selecting.length < 2) return []
    const others = selecting.map(object => object.name)
    return selecting.map(object => ({ object, others, pod: pod.of.name }))
  })
}

export function severalDefaults(objects: readonly Resource[], selectorOf: SelectorOf): Conflict[] {
  const defaults = Map.groupBy(
    objects.filter(object => selectorOf(object) === undefined),
    object => object.namespace,
  )
  return [...defaults.values()].flatMap(same =>
    same.length < 2 ? [] : same.map(object => ({ object, others: same.map(each => each.name) })),
  )
}
