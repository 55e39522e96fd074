/**
 * Brings a parsed document into the shape its schema speaks of, before it is checked: a field that is null is an absent field (JSON form
 * of protobuf, and Kubernetes), and of Kubernetes objects only the fields that are read are kept, so that managed fields and the like
 * cost no memory. Nulls in maps and lists stay, for there they are mistakes.
 */
import type { TSchema } from 'typebox'
import { shapeOf } from './shape.ts'

export function prune(schema: TSchema, value: unknown): unknown {
  const shape = shapeOf(schema)
  switch (shape.form) {
    case 'message':
      return isRecord(value) ? pruneMessage(shape.fields, shape.closed, value) : value
    case 'map':
      return isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, prune(shape.values, entry)]))
        : value
    case 'list':
      return Array.isArray(value) ? value.map(item => prune(shape.items, item)) : value
    case 'value':
      return value
  }
}

function pruneMessage(fields: Readonly<Record<string, TSchema>>, closed: boolean, value: Record<string, unknown>) {
  const kept: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(value)) {
    const schema = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (entry === null && schema) continue
    if (schema) kept[name] = prune(schema, entry)
    else if (closed) define(kept, name, entry)
  }
  return kept
}

/** A plain assignment of "__proto__" would change the object's prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
