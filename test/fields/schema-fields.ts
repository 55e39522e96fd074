/** The fields of a kind: every way from its spec down to something that has no fields of its own. */
import type { TSchema } from 'typebox'
import { shapeOf } from '../../src/api/schema/shape.ts'

export interface Leaf {
  /** "spec.http[].match[].headers.*.exact": list items as [], entries of a map as .* */
  readonly name: string
  /** The same without "spec", in steps: http, [], match, [], headers, *, exact. */
  readonly way: readonly string[]
  readonly schema: TSchema
}

/**
 * @param schema of the spec
 * @param every whether a message that stands in several places is gone through in each; otherwise only its first field is, from the second
 * place on: that the message is read there, and the rest by the same code
 */
export function leavesOf(schema: TSchema, every: boolean): Leaf[] {
  const known = new Set<object>()
  const walk = (part: TSchema, name: string, way: readonly string[]): Leaf[] => {
    const shape = shapeOf(part)
    if (shape.form === 'list' && hasFields(shape.items)) return walk(shape.items, `${name}[]`, [...way, '[]'])
    if (shape.form === 'map' && hasFields(shape.values)) return walk(shape.values, `${name}.*`, [...way, '*'])
    if (shape.form !== 'message' || Object.keys(shape.fields).length === 0) return [{ name, way, schema: part }]
    const repeated = known.has(shape.fields) && !every
    known.add(shape.fields)
    const leaves = Object.entries(shape.fields).flatMap(([field, inner]) => walk(inner, `${name}.${field}`, [...way, field]))
    return repeated ? leaves.slice(0, 1) : leaves
  }
  return walk(schema, 'spec', [])
}

/** Lists and maps of plain values are one field. */
function hasFields(schema: TSchema): boolean {
  const shape = shapeOf(schema)
  return (
    shape.form === 'message' ||
    (shape.form === 'list' && hasFields(shape.items)) ||
    (shape.form === 'map' && hasFields(shape.values))
  )
}
