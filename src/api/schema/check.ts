/**
 * Checks a value against a schema and says in the user's words what does not fit: which field is unknown and which was probably meant,
 * what stands there and what was expected. Whether it fits is decided by typebox.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { nearest } from '../../lib/nearest.ts'
import type { Findings } from '../findings.ts'
import type { Path } from '../object.ts'
import { checkExclusive } from './exclusive.ts'
import { checkLists } from './list-types.ts'
import { schemaAt, shapeOf } from './shape.ts'

Settings.Set({ maxErrors: 100 })

const compiled = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema)
  if (!validator) {
    validator = Compile(schema)
    compiled.set(schema, validator)
  }
  return validator
}

/** @returns whether the value fits; if not, `findings` got at least one error. */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown, findings: Findings): value is Static<Schema> {
  const validator = validatorOf(schema)
  if (validator.Check(value)) {
    checkLists(schema, value, findings)
    return checkExclusive(schema, value, findings)
  }
  const alternatives = new Set<string>()
  const errors = validator.Errors(value)
  for (const error of errors) if (error.keyword === 'anyOf') alternatives.add(error.instancePath)
  for (const error of errors) {
    // Each of these has a second error that says the same with more in it.
    if (error.keyword === 'boolean' || (error.keyword !== 'anyOf' && alternatives.has(error.instancePath))) continue
    const place = locate(schema, value, error.instancePath)
    const at = findings.at(...place.path)
    if (error.keyword === 'additionalProperties')
      for (const name of error.params.additionalProperties) unknownField(name, place.schema, at)
    else if (error.keyword === 'required')
      for (const name of error.params.requiredProperties) missingField(name, place.schema, at)
    else wrongValue(place.value, place.schema, at)
  }
  return false
}

interface Place {
  readonly path: Path
  readonly schema: TSchema
  readonly value: unknown
}

/** Follows a JSON pointer (RFC 6901) through value and schema. */
function locate(schema: TSchema, value: unknown, pointer: string): Place {
  const path: (string | number)[] = []
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    const step = Array.isArray(value) ? Number(name) : name
    path.push(step)
    schema = schemaAt(schema, step) ?? Type.Unknown()
    value = Array.isArray(value)
      ? value[Number(name)]
      : typeof value === 'object' && value !== null
        ? Reflect.get(value, name)
        : undefined
  }
  return { path, schema, value }
}

function fieldsOf(schema: TSchema): Readonly<Record<string, TSchema>> {
  const shape = shapeOf(schema)
  return shape.form === 'message' ? shape.fields : {}
}

function unknownField(name: string, schema: TSchema, findings: Findings): void {
  const known = Object.keys(fieldsOf(schema))
  const meant = nearest(name.replaceAll('_', ''), known)
  const listed = known.length <= 12 ? `: expected ${known.join(', ')}` : ''
  const message = `unknown field "${name}"${meant === undefined ? listed : `: did you mean "${meant}"?`}`
  findings
    .at(name)
    .error(message, { code: 'unknown-field', fix: meant === undefined ? undefined : `write "${meant}" instead of "${name}"` })
}

function missingField(name: string, schema: TSchema, findings: Findings): void {
  findings.error(`"${name}" is missing: expected ${describe(fieldsOf(schema)[name] ?? Type.Unknown())}`, {
    code: 'missing-field',
  })
}

function wrongValue(value: unknown, schema: TSchema, findings: Findings): void {
  const secret = Reflect.get(schema, 'writeOnly') === true
  const got = secret ? '' : `, got ${show(value)}`
  findings.error(`expected ${describe(schema)}${got}`, { code: 'wrong-value', fix: secret ? undefined : remedy(value, schema) })
}

/** "a string", "one of A, B", "a list": what a schema asks for. */
function describe(schema: TSchema): string {
  if (Type.IsEnum(schema)) return `one of ${schema.enum.join(', ')}`
  if (Type.IsUnion(schema)) return schema.anyOf.map(describe).join(' or ')
  if (Type.IsInteger(schema)) return `a whole number${range(schema, 'minimum', 'maximum')}`
  if (Type.IsNumber(schema)) return `a number${range(schema, 'minimum', 'maximum')}`
  const title: unknown = Reflect.get(schema, 'title') // says in words what a pattern means
  if (typeof title === 'string') return title
  if (Type.IsString(schema)) return withLength('a string', 'characters', range(schema, 'minLength', 'maxLength'))
  if (Type.IsBoolean(schema)) return 'true or false'
  if (Type.IsArray(schema)) return withLength('a list', 'items', range(schema, 'minItems', 'maxItems'))
  if (Type.IsRecord(schema)) {
    const map = withLength('a map', 'entries', range(schema, 'minProperties', 'maxProperties'))
    return `${map} whose values are each ${describe(schemaAt(schema, '') ?? Type.Unknown())}`
  }
  if (Type.IsObject(schema)) {
    const names = Object.keys(schema.properties)
    return names.length > 0 && names.length <= 6 ? `a map with ${names.join(', ')}` : 'a map'
  }
  return 'a value'
}

function withLength(what: string, units: string, limits: string): string {
  return limits === '' ? what : `${what}${limits} ${units}`
}

function range(schema: TSchema, lower: string, upper: string): string {
  const least: unknown = Reflect.get(schema, lower)
  const most: unknown = Reflect.get(schema, upper)
  if (least !== undefined && most !== undefined) return ` of ${least} to ${most}`
  if (least !== undefined) return ` of at least ${least}`
  return most === undefined ? '' : ` of at most ${most}`
}

/** A value as a message shows it: short, and with its kind where that is the point. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing (null)'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return `the ${typeof value} ${String(value)}`
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
}

/** YAML reads 1, true and 80 as other things than "1", "true" and "80": by far the most frequent mistake has its remedy said. */
function remedy(value: unknown, schema: TSchema): string | undefined {
  if (Type.IsString(schema) && (typeof value === 'number' || typeof value === 'boolean')) return `put it in quotes: "${value}"`
  if (
    typeof value === 'string' &&
    value !== '' &&
    (Type.IsInteger(schema) || Type.IsNumber(schema)) &&
    !Number.isNaN(Number(value))
  )
    return `leave the quotes out: ${value}`
  if (Type.IsBoolean(schema) && (value === 'true' || value === 'false')) return `leave the quotes out: ${value}`
  if (Type.IsArray(schema) && value !== null && !Array.isArray(value))
    return `put "- " in front of ${typeof value === 'object' ? 'its first field, and indent the others alike' : 'it'}`
  if (Type.IsEnum(schema) && typeof value === 'string') {
    const meant = nearest(value, schema.enum.map(String))
    return meant === undefined ? undefined : `write ${meant}`
  }
  return undefined
}
