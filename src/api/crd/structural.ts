/**
 * A schema of this folder as Kubernetes wants it in a CustomResourceDefinition: OpenAPI v3 in "structural" form. Types stand at the
 * fields alone; what excludes each other is a oneOf of `required` lists; rules between fields are CEL.
 */
import { type TSchema, Type } from 'typebox'
import { shapeOf } from '../schema/shape.ts'

/** JSON: what a CRD holds in schema.openAPIV3Schema. */
export type Json = Readonly<Record<string, unknown>>

export interface StructuralOptions {
  /** Whether the API server fills in defaults. Istio's CRDs leave that to the control plane, the Gateway API's do not. */
  readonly defaults: boolean
}

/** Keywords that mean the same in both worlds. */
const TAKEN_OVER = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
] as const

export function structural(schema: TSchema, options: StructuralOptions): Json {
  return { ...described(schema, options), ...typed(schema, options), ...takenOver(schema), ...exclusions(schema) }
}

/** Lets anything through, and keeps it. */
export const FREE: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function described(schema: TSchema, { defaults }: StructuralOptions): Json {
  const { description, default: fallback } = annotations(schema)
  if (defaults) return { ...(description && { description }), ...(fallback !== undefined && { default: fallback }) }
  const told = fallback === undefined ? '' : `${description === '' ? '' : '; '}default: ${JSON.stringify(fallback)}`
  return description + told === '' ? {} : { description: description + told }
}

/** What a schema says for people. */
export function annotations(schema: TSchema): { description: string; default: unknown; deprecated: boolean } {
  const description: unknown = Reflect.get(schema, 'description')
  return {
    description: typeof description === 'string' ? description : '',
    default: Reflect.get(schema, 'default'),
    deprecated: Reflect.get(schema, 'deprecated') === true,
  }
}

function typed(schema: TSchema, options: StructuralOptions): Json {
  const shape = shapeOf(schema)
  switch (shape.form) {
    case 'message': {
      const properties = Object.fromEntries(
        Object.entries(shape.fields).map(([name, field]) => [name, structural(field, options)]),
      )
      const required = requiredOf(schema)
      return {
        type: 'object',
        ...(Object.keys(properties).length > 0 && { properties }),
        ...(required.length > 0 && { required }),
        ...(!shape.closed && { 'x-kubernetes-preserve-unknown-fields': true }),
      }
    }
    case 'map':
      return isAnything(shape.values) ? FREE : { type: 'object', additionalProperties: structural(shape.values, options) }
    case 'list':
      return { type: 'array', items: structural(shape.items, options) }
    case 'value':
      return value(schema)
  }
}

function value(schema: TSchema): Json {
  if (Type.IsEnum(schema))
    return { type: schema.enum.every(each => typeof each === 'number') ? 'integer' : 'string', enum: schema.enum }
  if (Type.IsInteger(schema)) return { type: 'integer', ...(isInt32(schema) ? { format: 'int32' } : { format: 'int64' }) }
  if (Type.IsNumber(schema)) return { type: 'number', format: 'double' }
  if (Type.IsString(schema)) return { type: 'string' }
  if (Type.IsBoolean(schema)) return { type: 'boolean' }
  if (isIntOrString(schema)) return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }
  if (isAnything(schema)) return { 'x-kubernetes-preserve-unknown-fields': true }
  throw new Error(`Cannot put a schema into a CRD: ${JSON.stringify(schema)}, expected one of the forms of message.ts`)
}

function isAnything(schema: TSchema): boolean {
  return Type.IsUnknown(schema) || Type.IsAny(schema)
}

function isInt32(schema: TSchema): boolean {
  const least: unknown = Reflect.get(schema, 'minimum')
  const most: unknown = Reflect.get(schema, 'maximum')
  return typeof least === 'number' && least >= -2147483648 && typeof most === 'number' && most <= 2147483647
}

function isIntOrString(schema: TSchema): boolean {
  return Type.IsUnion(schema) && schema.anyOf.some(Type.IsInteger) && schema.anyOf.some(Type.IsString)
}

export function requiredOf(schema: TSchema): readonly string[] {
  const required: unknown = Reflect.get(schema, 'required')
  return Array.isArray(required) ? required.filter(name => typeof name === 'string') : []
}

function takenOver(schema: TSchema): Json {
  const kept: Record<string, unknown> = {}
  for (const name of TAKEN_OVER) {
    const setting: unknown = Reflect.get(schema, name)
    if (setting !== undefined) kept[name] = setting
  }
  // The bounds of the format itself need not be said, but those of uint32 have no format.
  if (kept['minimum'] === -2147483648) delete kept['minimum']
  if (kept['maximum'] === 2147483647) delete kept['maximum']
  return kept
}

/** protobuf's oneof: none of the fields, or exactly one. */
function exclusions(schema: TSchema): Json {
  const groups = exclusiveGroups(schema).map(oneOf)
  const [only] = groups
  if (only === undefined) return {}
  return groups.length === 1 ? only : { allOf: groups }
}

function oneOf(names: readonly string[]): Json {
  const required = names.map(name => ({ required: [name] }))
  return { oneOf: [{ not: { anyOf: required } }, ...required] }
}

/** Groups of fields of which there may be one at most. */
export function exclusiveGroups(schema: TSchema): readonly (readonly string[])[] {
  return ['x-exclusive', 'x-oneof'].flatMap(name => {
    const groups: unknown = Reflect.get(schema, name)
    return Array.isArray(groups) ? groups : []
  })
}
