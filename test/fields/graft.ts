/** Puts a value into an object at a field that it may not have yet: what lies on the way is made, and what it excludes is taken out. */
import type { TSchema } from 'typebox'
import { exclusiveGroups, requiredOf } from '../../src/api/crd/structural.ts'
import { shapeOf } from '../../src/api/schema/shape.ts'
import { candidates, example } from './examples.ts'

export const ABSENT = Symbol('absent')

/** @param way to the field: names, "[]" for the first item of a list, "*" for an entry of a map */
export interface Graft {
  readonly way: readonly string[]
  readonly leaf: unknown
  /** How many steps from the end the fields beside the way are dropped, for they may exclude it; -1: nowhere. */
  readonly alone: number
}

export function graft(schema: TSchema, value: unknown, { way, leaf, alone }: Graft): unknown {
  const [step, ...rest] = way
  if (step === undefined) return leaf
  const shape = shapeOf(schema)
  const deeper = { way: rest, leaf, alone }
  if (shape.form === 'list') {
    const [first, ...others] = Array.isArray(value) ? value : []
    return [graft(shape.items, first ?? example(shape.items), deeper), ...others]
  }
  const fields = isRecord(value) ? value : {}
  if (shape.form === 'map') {
    const [key] = [...Object.keys(fields), String(candidates('matchLabels', schema).length > 0 ? 'x-other' : 'a')]
    return { ...fields, [String(key)]: graft(shape.values, fields[String(key)], deeper) }
  }
  if (shape.form !== 'message') return leaf
  const part = shape.fields[step]
  if (!part) throw new Error(`Cannot go to "${step}": expected a field of ${Object.keys(shape.fields).join(', ')}`)
  const excluded = new Set(exclusiveGroups(schema).flatMap(group => (group.includes(step) ? group : [])))
  const required = requiredOf(schema)
  const kept = Object.entries(fields).filter(
    ([name]) => name !== step && !excluded.has(name) && (alone !== rest.length || required.includes(name)),
  )
  for (const name of required) {
    const missing = shape.fields[name]
    if (missing && name !== step && !(name in fields)) kept.push([name, example(missing, name)])
  }
  const now = graft(part, fields[step] ?? start(part), deeper)
  return now === ABSENT ? Object.fromEntries(kept) : { ...Object.fromEntries(kept), [step]: now }
}

function start(schema: TSchema): unknown {
  return shapeOf(schema).form === 'message' ? example(schema) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
