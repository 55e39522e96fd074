/**
 * Envoy's messages as people write them in EnvoyFilters, read as Istio reads them: a field that the message does not have is left out and
 * told, durations may be written as Go does ("500ms"), and whatever else does not fit is an error with its place. protobuf-es stops at the first mistake
 * and does not say where it is, so the value is walked along the message's descriptor first.
 */
import { type DescEnum, type DescField, type DescMessage, type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { parseDuration } from '../../lib/duration.ts'
import { nearest } from '../../lib/nearest.ts'
import { jsonToBytes } from './json.ts'
import { findSchema } from './registry.ts'
import { messageName } from './type-url.ts'

export type { JsonValue } from '@bufbuild/protobuf'

export type JsonPath = readonly (string | number)[]

export interface JsonFault {
  readonly level: 'error' | 'warning'
  readonly path: JsonPath
  readonly message: string
  /** Set where the message cannot be read because one inside it is of a type that is not known here. */
  readonly unknownType?: string
}

/** @param type a message's name @returns bytes: undefined when there is an error among the faults */
export function readMessage(
  type: string,
  json: JsonValue,
): { readonly bytes: Uint8Array | undefined; readonly faults: readonly JsonFault[] } {
  const faults: JsonFault[] = []
  const schema = findSchema(type)
  if (!schema) throw new Error(`Cannot read "${type}": expected the name of one of Envoy's messages`)
  const clean = readFields(schema, json, { path: [], faults })
  if (faults.some(({ level, unknownType }) => level === 'error' || unknownType !== undefined)) return { bytes: undefined, faults }
  try {
    return { bytes: jsonToBytes(type, clean), faults }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { bytes: undefined, faults: [...faults, { level: 'error', path: [], message }] }
  }
}

interface Place {
  readonly path: JsonPath
  readonly faults: JsonFault[]
}

const inside = ({ path, faults }: Place, step: string | number): Place => ({ path: [...path, step], faults })

function tell({ path, faults }: Place, level: JsonFault['level'], message: string): null {
  faults.push({ level, path, message })
  return null
}

function isMap(json: JsonValue): json is { [key: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/** Messages whose JSON is not a map of their fields. */
const SPECIAL: { readonly [Name in string]?: (json: JsonValue, place: Place) => JsonValue } = {
  'google.protobuf.Any': readAny,
  'google.protobuf.Duration': readDuration,
  'google.protobuf.Struct': (json, place) => (isMap(json) ? json : expected('a map', json, place)),
  'google.protobuf.ListValue': (json, place) => (Array.isArray(json) ? json : expected('a list', json, place)),
  'google.protobuf.Value': json => json,
  'google.protobuf.Timestamp': (json, place) => (typeof json === 'string' ? json : expected('a point in time', json, place)),
  'google.protobuf.FieldMask': (json, place) => (typeof json === 'string' ? json : expected('names of fields', json, place)),
}

function readValue(schema: DescMessage, json: JsonValue, place: Place): JsonValue {
  const special = Object.hasOwn(SPECIAL, schema.typeName) ? SPECIAL[schema.typeName] : undefined
  if (special) return special(json, place)
  const wrapped = /^google\.protobuf\.\w+Value$/.test(schema.typeName) ? schema.fields[0] : undefined
  if (wrapped?.fieldKind === 'scalar') return readScalar(wrapped.scalar, json, place)
  return readFields(schema, json, place)
}

function readFields(schema: DescMessage, json: JsonValue, place: Place): JsonValue {
  if (!isMap(json)) return expected(`a map (${schema.name})`, json, place)
  const clean: { [key: string]: JsonValue } = {}
  const groups = new Map<string, string>()
  for (const [key, value] of Object.entries(json)) {
    const at = inside(place, key)
    const field = schema.fields.find(each => each.name === key || each.jsonName === key)
    if (!field) {
      const meant = nearest(
        key,
        schema.fields.map(each => each.name),
      )
      const hint = meant === undefined ? '' : `: did you mean "${meant}"?`
      tell(at, 'warning', `${schema.name} has no field "${key}", so it is left out${hint}`)
      continue
    }
    if (value === null) continue
    if (field.oneof && !field.proto.proto3Optional) {
      const other = groups.get(field.oneof.name)
      if (other !== undefined) tell(at, 'error', `"${other}" and "${key}" exclude each other: expected one of them`)
      groups.set(field.oneof.name, key)
    }
    clean[field.jsonName] = readField(field, value, at)
  }
  warnOfNoType(schema, clean, place)
  return clean
}

/** Envoy finds an extension by the type of its configuration, and no longer by its name. */
function warnOfNoType(schema: DescMessage, clean: Readonly<Record<string, JsonValue>>, place: Place): void {
  if (clean['name'] === undefined || schema.field['typedConfig'] === undefined) return
  if (clean['typedConfig'] !== undefined || clean['configDiscovery'] !== undefined) return
  tell(place, 'warning', `"typed_config" is missing: Envoy knows "${clean['name']}" by the type of its configuration only`)
}

function readField(field: DescField, json: JsonValue, place: Place): JsonValue {
  switch (field.fieldKind) {
    case 'message':
      return readValue(field.message, json, place)
    case 'enum':
      return readEnum(field.enum, json, place)
    case 'scalar':
      return readScalar(field.scalar, json, place)
    case 'list':
      if (!Array.isArray(json)) return expected('a list', json, place)
      return json.map((item, index) => {
        const at = inside(place, index)
        if (field.listKind === 'message') return readValue(field.message, item, at)
        return field.listKind === 'enum' ? readEnum(field.enum, item, at) : readScalar(field.scalar, item, at)
      })
    case 'map':
      if (!isMap(json)) return expected('a map', json, place)
      return Object.fromEntries(
        Object.entries(json).map(([key, item]) => {
          const at = inside(place, key)
          if (field.mapKind === 'message') return [key, readValue(field.message, item, at)]
          return [key, field.mapKind === 'enum' ? readEnum(field.enum, item, at) : readScalar(field.scalar, item, at)]
        }),
      )
  }
}

function readAny(json: JsonValue, place: Place): JsonValue {
  if (!isMap(json)) return expected('a map with "@type"', json, place)
  const { '@type': url, ...fields } = json
  if (typeof url !== 'string' || url === '')
    return tell(place, 'error', '"@type" is missing: expected the type of the message that this is')
  const schema = findSchema(url)
  if (!schema) return tellOfType(url, inside(place, '@type'))
  const special = Object.hasOwn(SPECIAL, schema.typeName)
  if (special) return { '@type': url, value: readValue(schema, fields['value'] ?? null, inside(place, 'value')) }
  const clean = readFields(schema, fields, place)
  return isMap(clean) ? { '@type': url, ...clean } : clean
}

/** Extensions may be newer than the API that is known here; the rest of it has been the same for years. */
const MAY_BE_NEWER = /^envoy\.extensions\..+\.v\d\w*\.\w+$/

function tellOfType(url: string, { path, faults }: Place): null {
  const unknownType = messageName(url)
  const newer = MAY_BE_NEWER.test(unknownType)
  const message = newer
    ? `${JSON.stringify(url)} is not known here, perhaps because it is new: the patch cannot be made`
    : `${JSON.stringify(url)} is no message of Envoy's API: expected one such as "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"`
  faults.push({ level: newer ? 'warning' : 'error', path, message, unknownType })
  return null
}

/** Seconds in protobuf's JSON form; any of Go's forms is taken. */
function readDuration(json: JsonValue, place: Place): JsonValue {
  const milliseconds = typeof json === 'string' ? parseDuration(json) : undefined
  if (milliseconds === undefined) return expected('a length of time such as "1.5s"', json, place)
  return typeof json === 'string' && /^-?\d+(?:\.\d{1,9})?s$/.test(json) ? json : `${milliseconds / 1000}s`
}

function readEnum(schema: DescEnum, json: JsonValue, place: Place): JsonValue {
  if (typeof json === 'number' && Number.isInteger(json)) return json
  if (typeof json === 'string' && schema.values.some(value => value.name === json)) return json
  const names = schema.values.map(value => value.name)
  if (typeof json === 'string' && schema.typeName.startsWith('envoy.extensions.')) {
    const message = `"${json}" is not known here as a ${schema.name}, perhaps because it is new: the patch cannot be made`
    place.faults.push({ level: 'warning', path: place.path, message, unknownType: schema.typeName })
    return null
  }
  const meant = typeof json === 'string' ? nearest(json, names) : undefined
  return expected(
    meant === undefined ? `one of ${names.slice(0, 12).join(', ')}` : `one of ${schema.name}, perhaps ${meant}`,
    json,
    place,
  )
}

const FLOATS: ReadonlySet<ScalarType> = new Set([ScalarType.DOUBLE, ScalarType.FLOAT])
const UNSIGNED: ReadonlySet<ScalarType> = new Set([ScalarType.UINT32, ScalarType.UINT64, ScalarType.FIXED32, ScalarType.FIXED64])
const LONG: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
])

function readScalar(scalar: ScalarType, json: JsonValue, place: Place): JsonValue {
  if (scalar === ScalarType.BOOL) return typeof json === 'boolean' ? json : expected('true or false', json, place)
  if (scalar === ScalarType.STRING) return typeof json === 'string' ? json : expected('a text (in quotes)', json, place)
  if (scalar === ScalarType.BYTES) {
    const fits = typeof json === 'string' && /^[\w+/-]*={0,2}$/.test(json)
    return fits ? json : expected('bytes in base64', json, place)
  }
  const number = typeof json === 'string' && json.trim() !== '' ? Number(json) : json
  if (FLOATS.has(scalar)) {
    const fits = (typeof number === 'number' && !Number.isNaN(number)) || json === 'NaN'
    return fits ? json : expected('a number', json, place)
  }
  if (typeof number !== 'number' || !Number.isInteger(number)) return expected('a whole number', json, place)
  if (LONG.has(scalar)) return number < 0 && UNSIGNED.has(scalar) ? expected('a whole number, not below 0', json, place) : json
  const [least, most] = UNSIGNED.has(scalar) ? [0, 4294967295] : [-2147483648, 2147483647]
  return number >= least && number <= most ? number : expected(`a whole number of ${least} to ${most}`, json, place)
}

function expected(what: string, json: JsonValue, place: Place): null {
  const text = JSON.stringify(json)
  return tell(place, 'error', `expected ${what}, got ${text.length > 60 ? `${text.slice(0, 60)}...` : text}`)
}
