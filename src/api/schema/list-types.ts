/**
 * Lists whose entries must differ, as Kubernetes' API server has them: sets of values, and maps whose entries are told apart by a field.
 * The schema says it in the words of a CRD (x-kubernetes-list-type).
 */
import { type TSchema, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { isRecord } from './prune.ts'
import { schemaAt, shapeOf } from './shape.ts'

const LIST_TYPE = 'x-kubernetes-list-type'
const MAP_KEYS = 'x-kubernetes-list-map-keys'

/** Options of a list whose values differ. */
export const asSet = { [LIST_TYPE]: 'set' } as const

/** Options of a list whose entries differ in a field. */
export function asMapBy(field: string) {
  return { [LIST_TYPE]: 'map', [MAP_KEYS]: [field] } as const
}

/** @param value that fits the schema; each entry that repeats another is an error */
export function checkLists(schema: TSchema, value: unknown, findings: Findings): void {
  if (!hasLists(schema)) return
  if (Array.isArray(value)) {
    checkList(schema, value, findings)
    for (const [index, item] of value.entries()) checkEntry(schema, index, item, findings)
  } else if (isRecord(value)) {
    for (const [name, entry] of Object.entries(value)) checkEntry(schema, name, entry, findings)
  }
}

function checkEntry(schema: TSchema, step: string | number, entry: unknown, findings: Findings): void {
  const inside = schemaAt(schema, step)
  if (inside && hasLists(inside)) checkLists(inside, entry, findings.at(step))
}

function checkList(schema: TSchema, list: readonly unknown[], findings: Findings): void {
  const type: unknown = Reflect.get(schema, LIST_TYPE)
  if (type !== 'set' && type !== 'map') return
  const keys: unknown = Reflect.get(schema, MAP_KEYS)
  const key = Array.isArray(keys) ? String(keys[0]) : undefined
  const seen = new Set<unknown>()
  for (const [index, item] of list.entries()) {
    const told = key === undefined ? item : isRecord(item) ? item[key] : undefined
    if (seen.has(told)) {
      const at = key === undefined ? findings.at(index) : findings.at(index, key)
      at.error(`${JSON.stringify(told)} is there twice: expected each ${key ?? 'value'} once`)
    }
    seen.add(told)
  }
}

const known = new WeakMap<TSchema, boolean>()

/** Whether there is such a list anywhere in the schema: most values need not be walked at all. */
function hasLists(schema: TSchema): boolean {
  let has = known.get(schema)
  if (has === undefined) {
    const shape = shapeOf(schema)
    has = Type.IsArray(schema) && Reflect.has(schema, LIST_TYPE)
    if (shape.form === 'message') has ||= Object.values(shape.fields).some(hasLists)
    if (shape.form === 'list') has ||= hasLists(shape.items)
    if (shape.form === 'map') has ||= hasLists(shape.values)
    known.set(schema, has)
  }
  return has
}
