/** One object as text, for people who read configuration that is in no file. Pure. */
import { stringify } from 'yaml'
import { resourceName } from '../../../api/object.ts'
import type { AnyObject } from '../../../api/registry.ts'
import type { Objects } from '../../../compile/objects.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'

export interface ObjectText {
  readonly text: string
  readonly diagnostics: readonly Diagnostic[]
}

/** @param name "VirtualService shop/cart" @returns undefined: there is none */
export function objectText(objects: Objects, diagnostics: readonly Diagnostic[], name: string): ObjectText | undefined {
  const lists: readonly (readonly AnyObject[])[] = Object.values(objects)
  for (const list of lists) {
    const found = list.find(object => resourceName(object) === name)
    if (found) return { text: textOf(found), diagnostics: diagnostics.filter(({ resource }) => resource === name) }
  }
  return undefined
}

function textOf({ apiVersion, kind, name, namespace, labels, annotations, spec }: AnyObject): string {
  const named = (map: Readonly<Record<string, string>>) => (Object.keys(map).length > 0 ? map : undefined)
  const metadata = { name, namespace: namespace || undefined, labels: named(labels), annotations: named(annotations) }
  if (kind === 'Secret') return `${stringify({ apiVersion, kind, metadata })}# its values are not shown\n`
  return stringify({ apiVersion, kind, metadata, spec }, { lineWidth: 120, aliasDuplicateObjects: false })
}
