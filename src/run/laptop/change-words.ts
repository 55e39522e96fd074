/** A change of the configuration in words: "VirtualService shop/catalog (catalog.yaml:12)". */
import { resourceName } from '../../api/object.ts'
import type { AnyObject } from '../../api/registry.ts'
import type { Change } from '../../source/store.ts'

/** Kinds that the kubelet acts on: it tells of them itself. */
const RUN_HERE: ReadonlySet<string> = new Set(['Pod', 'Deployment', 'Secret', 'ConfigMap', 'ServiceAccount'])
const NAMED = 3

export interface ChangeWords {
  /** "changed VirtualService shop/catalog (catalog.yaml:12), added ..." */
  readonly text: string
  /** The files that hold what changed. */
  readonly files: readonly string[]
}

/** @returns undefined when nothing in it steers traffic */
export function changeWords({ added, updated, removed }: Change): ChangeWords | undefined {
  const all = [
    ...updated.map(({ after }) => ({ verb: 'changed', object: after })),
    ...added.map(object => ({ verb: 'added', object })),
    ...removed.map(object => ({ verb: 'removed', object })),
  ].filter(({ object }) => !RUN_HERE.has(object.kind))
  if (all.length === 0) return undefined
  const named = all.slice(0, NAMED).map(({ verb, object }) => `${verb} ${placed(object)}`)
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : ''
  return { text: named.join(', ') + more, files: [...new Set(all.map(({ object }) => object.origin.file))] }
}

function placed(object: AnyObject): string {
  return `${resourceName(object)} (${object.origin.file}:${object.origin.line})`
}
