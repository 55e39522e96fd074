/**
 * Says of each object which of its fields do nothing (without-effect.ts lists them): a setting that is silently without effect is worse than
 * one that is refused.
 */
import { kindIds } from '../api/kind-name.ts'
import type { Path } from '../api/object.ts'
import type { AnyObject, KindId } from '../api/registry.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import type { Objects } from './objects.ts'
import { hasFieldsWithoutEffect, withoutEffect } from './without-effect.ts'

const looked = kindIds.filter(hasFieldsWithoutEffect)

export function checkNotYet(objects: Objects): Diagnostic[] {
  return looked.flatMap(id => objects[id].flatMap((object: AnyObject) => fieldsIn(id, object, object.spec, ['spec'], 'spec')))
}

/** The outermost field tells of all that is inside it. */
function fieldsIn(id: KindId, object: AnyObject, value: unknown, path: Path, name: string): Diagnostic[] {
  const reason = withoutEffect(id, name)
  if (reason !== undefined) return [notYet(object, path, name, reason)]
  if (Array.isArray(value)) return value.flatMap((item, i) => fieldsIn(id, object, item, [...path, i], `${name}[]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([field, part]) => fieldsIn(id, object, part, [...path, field], `${name}.${field}`))
}

function notYet(object: AnyObject, path: Path, name: string, effect: string): Diagnostic {
  const field = name.slice(name.lastIndexOf('.') + 1).replaceAll('[]', '')
  return diagnostic(object, path, {
    code: 'not-yet',
    level: 'warning',
    message: `${field} has no effect in this version of mizzen`,
    effect,
  })
}
