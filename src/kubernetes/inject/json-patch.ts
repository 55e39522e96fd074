/** What changes one JSON document into another, as a JSON Patch (RFC 6902). Maps are gone into; a list that differs is replaced as a whole. */
import { isDeepStrictEqual } from 'node:util'
import { isFields } from './fields.ts'

export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export function jsonPatch(before: unknown, after: unknown, path = ''): readonly Operation[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isFields(before) || !isFields(after)) return [{ op: 'replace', path, value: after }]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): readonly Operation[] => {
    // RFC 6901, section 3.
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (after[name] === undefined) return before[name] === undefined ? [] : [{ op: 'remove', path: place }]
    if (before[name] === undefined) return [{ op: 'add', path: place, value: after[name] }]
    return jsonPatch(before[name], after[name], place)
  })
}
