/** Finding one's way in a schema: the few forms of JSON Schema that message.ts builds, told apart once. */
import { type TSchema, Type } from 'typebox'

export type Shape =
  | { readonly form: 'message'; readonly fields: Readonly<Record<string, TSchema>>; readonly closed: boolean }
  | { readonly form: 'map'; readonly values: TSchema }
  | { readonly form: 'list'; readonly items: TSchema }
  | { readonly form: 'value' }

export function shapeOf(schema: TSchema): Shape {
  if (Type.IsRecord(schema)) return { form: 'map', values: Object.values(schema.patternProperties)[0] ?? Type.Unknown() }
  if (Type.IsObject(schema)) return { form: 'message', fields: schema.properties, closed: 'additionalProperties' in schema }
  if (Type.IsArray(schema)) return { form: 'list', items: schema.items }
  return { form: 'value' }
}

/** The schema of one step further in; undefined where there is none (an unknown field). */
export function schemaAt(schema: TSchema, step: string | number): TSchema | undefined {
  const shape = shapeOf(schema)
  if (shape.form === 'message') return Object.hasOwn(shape.fields, step) ? shape.fields[step] : undefined
  if (shape.form === 'map') return shape.values
  return shape.form === 'list' ? shape.items : undefined
}
