/** Checks that of fields which exclude each other (protobuf's oneof) a message has one at most. */
import { type TSchema, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { isRecord } from './prune.ts'
import { shapeOf } from './shape.ts'

/** @param value that fits the schema otherwise @returns whether all is well; if not, `findings` got an error */
export function checkExclusive(schema: TSchema, value: unknown, findings: Findings): boolean {
  if (!hasGroups(schema)) return true
  const shape = shapeOf(schema)
  if (shape.form === 'list' && Array.isArray(value)) return all(value.entries(), item => [shape.items, item], findings)
  if (!isRecord(value)) return true
  if (shape.form === 'map') return all(Object.entries(value), entry => [shape.values, entry], findings)
  if (shape.form !== 'message') return true
  const { fields } = shape
  const inside = all(Object.entries(value), (entry, name) => [fields[name] ?? Type.Unknown(), entry], findings)
  let good = inside
  for (const group of groupsOf(schema)) {
    const given = group.filter(name => value[name] !== undefined)
    if (given.length <= 1) continue
    good = false
    findings.error(`${given.join(' and ')} exclude each other: expected one of them`)
  }
  return good
}

function all<Step extends string | number>(
  entries: Iterable<[Step, unknown]>,
  inside: (entry: unknown, step: Step) => [TSchema, unknown],
  findings: Findings,
): boolean {
  let good = true
  for (const [step, entry] of entries) {
    const [schema, value] = inside(entry, step)
    if (hasGroups(schema) && !checkExclusive(schema, value, findings.at(step))) good = false
  }
  return good
}

function groupsOf(schema: TSchema): readonly (readonly string[])[] {
  const groups: unknown = Reflect.get(schema, 'x-exclusive')
  return Array.isArray(groups) ? groups : []
}

const known = new WeakMap<TSchema, boolean>()

/** Whether there is such a group anywhere in the schema: most values need not be walked at all. */
function hasGroups(schema: TSchema): boolean {
  let has = known.get(schema)
  if (has === undefined) {
    const shape = shapeOf(schema)
    has = groupsOf(schema).length > 0
    if (shape.form === 'message') has ||= Object.values(shape.fields).some(hasGroups)
    if (shape.form === 'list') has ||= hasGroups(shape.items)
    if (shape.form === 'map') has ||= hasGroups(shape.values)
    known.set(schema, has)
  }
  return has
}
