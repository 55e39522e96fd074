/**
 * The vocabulary the schemas are written in. A schema is plain JSON Schema and the one source of a kind's TypeScript type (Static),
 * of its defaults and documentation and, later, of its CRD. Rules that JSON Schema cannot say well stand in the kind's validate.ts.
 */
import { type TObject, type TOptional, type TProperties, type TSchema, type TSchemaOptions, Type } from 'typebox'

type Optionals<Fields extends TProperties> = { [Name in keyof Fields]: TOptional<Fields[Name]> }

function fields<Optional extends TProperties, Required extends TProperties>(optional: Optional, required: Required) {
  const properties: Record<string, TSchema> = {}
  for (const [name, schema] of Object.entries(required)) properties[name] = schema
  for (const [name, schema] of Object.entries(optional)) properties[name] = Type.Optional(schema)
  return properties as Optionals<Optional> & Required // exactly these two went in just above
}

/** A message of a mesh API: fields are optional unless they stand in the second argument, and an unknown field is an error. */
export function message<Optional extends TProperties, Required extends TProperties = Record<never, never>>(
  optional: Optional,
  required?: Required,
  options: TSchemaOptions = {},
): TObject<Optionals<Optional> & Required> {
  return Type.Object(fields(optional, required ?? ({} as Required)), { ...options, additionalProperties: false }) // {} has no required
}

/** A Kubernetes object of which only some fields are read here: the others are let through without a word. */
export function openMessage<Optional extends TProperties, Required extends TProperties = Record<never, never>>(
  optional: Optional,
  required?: Required,
): TObject<Optionals<Optional> & Required> {
  return Type.Object(fields(optional, required ?? ({} as Required))) // {} has no required
}

/** An optional integer of 0 to 2^32 - 1, as protobuf's uint32. */
export function uint32(options: TSchemaOptions = {}) {
  return Type.Integer({ minimum: 0, maximum: 4294967295, ...options })
}

/** An integer of protobuf's int32. */
export function int32(options: TSchemaOptions = {}) {
  return Type.Integer({ minimum: -2147483648, maximum: 2147483647, ...options })
}

/** A length of time of at least 1 ms as Go writes it ("1h30m", "0.5s", "100ms"); parseDuration() of src/lib reads it. */
export function duration(options: TSchemaOptions = {}) {
  const least = cel('expected a duration of at least 1ms', "duration(self) >= duration('1ms')")
  return Type.String({ ...least, ...options, examples: ['5s'] })
}

/** A duration that may be 0. */
export function durationOrZero(options: TSchemaOptions = {}) {
  return Type.String({ ...options, examples: ['5s'] })
}

/** String keys to values of one schema. */
export function mapOf<Value extends TSchema>(value: Value, options: TSchemaOptions = {}) {
  return Type.Record(Type.String(), value, options)
}

/** Whatever JSON may hold, read by somebody else: a plugin's configuration, a patch of Envoy's. */
export function struct(options: TSchemaOptions = {}) {
  return Type.Record(Type.String(), Type.Unknown(), { ...options, 'x-kubernetes-preserve-unknown-fields': true })
}

/**
 * A rule in CEL, which a CRD hands on to Kubernetes' API server. It stands here as data for the CRD; the kind's validate.ts says the same
 * to those without a cluster.
 */
export function cel(sentence: string, rule: string): { 'x-kubernetes-validations': { message: string; rule: string }[] } {
  return { 'x-kubernetes-validations': [{ message: sentence, rule }] }
}

/** The same schema with another description: what a message means in the field that holds it. */
export function described<Schema extends TSchema>(description: string, schema: Schema, more: TSchemaOptions = {}): Schema {
  const copy: Schema = Object.create(null, Object.getOwnPropertyDescriptors(schema)) // typebox keeps marks that a spread loses
  return Object.assign(copy, { description }, more)
}

/** Groups of fields of which a message may have one at most (protobuf's oneof). Checked by fits(); a CRD says it with its oneOf. */
export function exclusive(...groups: readonly (readonly string[])[]): { 'x-exclusive': readonly (readonly string[])[] } {
  return { 'x-exclusive': groups }
}

/** Like exclusive(), where the kind's validate.ts has a sentence of its own for it. */
export function alternatives(...groups: readonly (readonly string[])[]): { 'x-oneof': readonly (readonly string[])[] } {
  return { 'x-oneof': groups }
}

/** A percentage; unset means what the field around it says. */
export const Percent = message({ value: Type.Number({ minimum: 0, maximum: 100 }) })
