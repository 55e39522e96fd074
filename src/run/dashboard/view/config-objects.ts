/** The configuration as a list: every object with its place and what is wrong with it. Pure. */

import { resourceName } from '../../../api/object.ts'
import type { AnyObject } from '../../../api/registry.ts'
import type { Objects } from '../../../compile/objects.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'

export interface ConfigObjectView {
  readonly kind: string
  readonly group: string
  readonly namespace: string
  readonly name: string
  readonly file: string
  readonly line: number
  readonly errors: number
  readonly warnings: number
}

/** Objects that no file holds (running pods) are not in it. */
export function configObjects(objects: Objects, diagnostics: readonly Diagnostic[]): ConfigObjectView[] {
  const byResource = Map.groupBy(diagnostics, ({ resource }) => resource)
  const lists: readonly (readonly AnyObject[])[] = Object.values(objects)
  return lists
    .flat()
    .filter(({ origin }) => !origin.file.startsWith('<'))
    .map(object => {
      const { kind, group, namespace, name, origin } = object
      const said = byResource.get(resourceName(object)) ?? []
      const count = (level: Diagnostic['level']) => said.filter(each => each.level === level).length
      return {
        kind,
        group,
        namespace,
        name,
        file: origin.file,
        line: origin.line,
        errors: count('error'),
        warnings: count('warning'),
      }
    })
    .sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
}
