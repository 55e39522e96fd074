/**
 * Configuration that Istio reads as protobuf's JSON form (the mesh configuration) is taken more leniently than objects: field names may be
 * written with underscores, numbers with quotes, and a field that nobody knows is passed over, here with a warning.
 */
import { type TSchema, Type } from 'typebox'
import { nearest } from '../../lib/nearest.ts'
import type { Findings } from '../findings.ts'
import { isRecord } from './prune.ts'
import { shapeOf } from './shape.ts'

/** @returns the value as prune() and fits() like it */
export function fromProtoJson(schema: TSchema, value: unknown, findings: Findings): unknown {
  const shape = shapeOf(schema)
  if (shape.form === 'list' && Array.isArray(value))
    return value.map((item, index) => fromProtoJson(shape.items, item, findings.at(index)))
  if (shape.form === 'map' && isRecord(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, fromProtoJson(shape.values, entry, findings.at(key))]),
    )
  if (shape.form === 'message' && isRecord(value)) return messageOf(shape.fields, value, findings)
  return shape.form === 'value' ? scalar(schema, value) : value
}

function messageOf(fields: Readonly<Record<string, TSchema>>, value: Record<string, unknown>, findings: Findings) {
  const read: Record<string, unknown> = {}
  for (const [written, entry] of Object.entries(value)) {
    const name = written.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    const schema = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (schema) read[name] = fromProtoJson(schema, entry, findings.at(name))
    else {
      const meant = nearest(name, Object.keys(fields))
      const hint = meant === undefined ? '' : `: did you mean "${meant}"?`
      findings.at(written).warning(`unknown field "${written}" is passed over${hint}`, { code: 'unknown-field' })
    }
  }
  return read
}

function scalar(schema: TSchema, value: unknown): unknown {
  const quoted = typeof value === 'string' && value !== '' && !Number.isNaN(Number(value))
  return quoted && (Type.IsInteger(schema) || Type.IsNumber(schema)) ? Number(value) : value
}
