/**
 * Values that plainly mean what the schema asks for and are written otherwise: another spelling of a field, one thing where a list is
 * wanted, a number where text is, a length of time without its unit. A rule returns what to write, or undefined when it does not know.
 */
import { type TSchema, Type } from 'typebox'
import { isRecord } from '../../api/schema/prune.ts'
import { schemaAt, shapeOf } from '../../api/schema/shape.ts'
import { parseDuration } from '../../lib/duration.ts'
import { nearest } from '../../lib/nearest.ts'

type Rule = (value: unknown, schema: TSchema) => unknown

/** In this order; the first that knows something wins. */
const RULES: readonly Rule[] = [straightQuotes, durations, scalars, spelling, lists, single, messages]

/** @returns the value as the schema wants it, as far as the rules know; maps and lists are changed in place */
export function repairValue(value: unknown, schema: TSchema): unknown {
  let repaired = value
  for (const rule of RULES) repaired = rule(repaired, schema) ?? repaired
  if (Array.isArray(repaired))
    for (const [i, item] of repaired.entries()) repaired[i] = repairValue(item, schemaAt(schema, i) ?? Type.Unknown())
  else if (isRecord(repaired)) {
    renameFields(repaired, schema)
    for (const [name, entry] of Object.entries(repaired)) {
      const inside = schemaAt(schema, name)
      if (inside) repaired[name] = repairValue(entry, inside)
    }
  }
  return repaired
}

/** In the order of the fields, as they were written. */
function renameFields(map: Record<string, unknown>, schema: TSchema): void {
  const shape = shapeOf(schema)
  if (shape.form !== 'message' || !shape.closed) return
  for (const [name, value] of Object.entries(map)) {
    delete map[name]
    const known = Object.hasOwn(shape.fields, name)
    const meant = known ? name : nearest(name.replaceAll('_', ''), Object.keys(shape.fields))
    const taken = meant !== undefined && meant !== name && Object.hasOwn(map, meant)
    map[meant === undefined || taken ? name : meant] = value
  }
}

/** What word processors and web pages make of quotes. */
function straightQuotes(value: unknown): unknown {
  return typeof value === 'string' ? /^[“”„‘’](.*)[“”‘’]$/s.exec(value)?.[1] : undefined
}

const UNITS: Readonly<Record<string, string>> = {
  '': 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hour: 'h',
  hours: 'h',
  msec: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
}

export function isDuration(schema: TSchema): boolean {
  const examples: unknown = Reflect.get(schema, 'examples')
  return Type.IsString(schema) && Array.isArray(examples) && examples.includes('5s')
}

/** "5", 5, "5 s", "5 seconds", "5S" */
function durations(value: unknown, schema: TSchema): string | undefined {
  if (!isDuration(schema) || (typeof value !== 'string' && typeof value !== 'number')) return undefined
  if (value !== 0 && parseDuration(String(value)) !== undefined) return undefined
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(String(value)) ?? []
  if (number === undefined) return undefined
  const lower = unit.toLowerCase()
  const written = `${number}${UNITS[lower] ?? lower}`
  return parseDuration(written) === undefined ? undefined : written
}

function scalars(value: unknown, schema: TSchema): unknown {
  if (Type.IsString(schema) && (typeof value === 'number' || typeof value === 'boolean')) return String(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if ((Type.IsInteger(schema) || Type.IsNumber(schema)) && text !== '' && !Number.isNaN(Number(text))) return Number(text)
  if (Type.IsBoolean(schema)) return { true: true, false: false, yes: true, no: false, on: true, off: false }[text.toLowerCase()]
  return undefined
}

/** One of a few words, in another case or with a slip. */
function spelling(value: unknown, schema: TSchema): string | undefined {
  if (!Type.IsEnum(schema) || typeof value !== 'string') return undefined
  const words = schema.enum.map(String)
  return words.includes(value) ? undefined : nearest(value.replaceAll('-', '_'), words)
}

/** One thing where a list of them is wanted; names with commas are several. */
function lists(value: unknown, schema: TSchema): unknown[] | undefined {
  if (shapeOf(schema).form !== 'list' || Array.isArray(value) || value === null || value === undefined) return undefined
  return typeof value === 'string' && value.includes(',') ? value.split(',').map(item => item.trim()) : [value]
}

/** A list of one thing where the thing itself is wanted. */
function single(value: unknown, schema: TSchema): unknown {
  return Array.isArray(value) && value.length === 1 && shapeOf(schema).form === 'message' ? value[0] : undefined
}

/** A plain value where a small message is wanted: `uri: /api`, `destination: reviews`, `port: 80`. */
function messages(value: unknown, schema: TSchema): Record<string, unknown> | undefined {
  const shape = shapeOf(schema)
  if (shape.form !== 'message' || (typeof value !== 'string' && typeof value !== 'number')) return undefined
  const { fields } = shape
  if ('prefix' in fields && 'exact' in fields) return { [String(value).startsWith('/') ? 'prefix' : 'exact']: String(value) }
  if ('host' in fields && typeof value === 'string') return { host: value }
  if ('number' in fields && !Number.isNaN(Number(value))) return { number: Number(value) }
  return undefined
}
