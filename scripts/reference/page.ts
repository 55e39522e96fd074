/** The reference page of a kind, made from its schema: every field with type, default, bounds, meaning, and whether it does anything here. */
import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { type DefinedKind, NAMES, type Names } from '../../src/api/crd/names.ts'
import { annotations, exclusiveGroups, requiredOf } from '../../src/api/crd/structural.ts'
import type { Kind } from '../../src/api/kind.ts'
import { kinds } from '../../src/api/registry.ts'
import { shapeOf } from '../../src/api/schema/shape.ts'
import { withoutEffect } from '../../src/compile/without-effect.ts'

export function page(id: DefinedKind): string {
  const kind: Kind = kinds[id]
  const { plural, shortNames = [] }: Names = NAMES[id]
  const words = [plural, ...shortNames].map(word => `\`${word}\``).join(', ')
  const rows = fieldRows(id, kind.spec)
  return `# ${kind.kind}

| | |
|---|---|
| apiVersion | ${kind.versions.map(version => `\`${kind.group}/${version}\``).join(', ')} |
| in kubectl | ${words} |
| belongs to | ${kind.scope === 'cluster' ? 'the cluster' : 'a namespace'} |

${effect(kind)}

| field | type | default | bounds | meaning |
|---|---|---|---|---|
${rows.join('\n')}
${rules(kind.spec)}`
}

function effect(kind: Kind): string {
  if (kind.unused !== undefined) return `**Checked only:** ${kind.unused}.`
  return 'Every field has its effect unless its line says otherwise; an object that has such a field then gets a diagnostic that says so.'
}

function fieldRows(id: DefinedKind, spec: TSchema): string[] {
  const rows: string[] = []
  const known = new Map<object, string>()
  const walk = (schema: TSchema, name: string, isRequired: boolean) => {
    const inner = innermost(schema)
    const fields = fieldsOf(inner.schema)
    const before = known.get(fields ?? {})
    rows.push(row(id, schema, name, isRequired, before))
    if (!fields || before !== undefined) return
    known.set(fields, name)
    const required = requiredOf(inner.schema)
    for (const [field, part] of Object.entries(fields)) walk(part, `${name}${inner.suffix}.${field}`, required.includes(field))
  }
  const required = requiredOf(spec)
  for (const [field, part] of Object.entries(fieldsOf(spec) ?? {})) walk(part, `spec.${field}`, required.includes(field))
  return rows
}

function row(id: DefinedKind, schema: TSchema, name: string, isRequired: boolean, before: string | undefined): string {
  const { description, default: fallback, deprecated } = annotations(schema)
  const reason = withoutEffect(id, name)
  const meaning = [
    deprecated && 'deprecated',
    description,
    before !== undefined && `fields as those of \`${before}\``,
    reason !== undefined && `**no effect:** ${reason}`,
  ].filter(Boolean)
  const shown = fallback === undefined ? (isRequired ? 'required' : '') : `\`${JSON.stringify(fallback)}\``
  return `| \`${name}\` | ${typeName(schema)} | ${cell(shown)} | ${cell(bounds(schema))} | ${cell(meaning.join('; '))} |`
}

/** A pipe would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function fieldsOf(schema: TSchema): Readonly<Record<string, TSchema>> | undefined {
  const shape = shapeOf(schema)
  return shape.form === 'message' && Object.keys(shape.fields).length > 0 ? shape.fields : undefined
}

/** Through lists and maps. */
function innermost(schema: TSchema, suffix = ''): { readonly schema: TSchema; readonly suffix: string } {
  const shape = shapeOf(schema)
  if (shape.form === 'list') return innermost(shape.items, `${suffix}[]`)
  if (shape.form === 'map') return innermost(shape.values, `${suffix}.*`)
  return { schema, suffix }
}

function typeName(schema: TSchema): string {
  const shape = shapeOf(schema)
  if (shape.form === 'list') return `list of ${typeName(shape.items)}`
  if (shape.form === 'map') return `map to ${typeName(shape.values)}`
  if (shape.form === 'message') return 'message'
  if (Type.IsEnum(schema)) return schema.enum.map(each => `\`${each}\``).join(', ')
  if (Type.IsBoolean(schema)) return 'boolean'
  if (Type.IsInteger(schema)) return 'integer'
  if (Type.IsNumber(schema)) return 'number'
  if (Type.IsString(schema)) return isDuration(schema) ? 'duration' : 'string'
  return 'anything'
}

function isDuration(schema: TSchema): boolean {
  const examples: unknown = Reflect.get(schema, 'examples')
  return Array.isArray(examples) && examples[0] === '5s'
}

const BOUNDS = [
  ['minimum', 'at least'],
  ['maximum', 'at most'],
  ['minLength', 'characters at least'],
  ['maxLength', 'characters at most'],
  ['minItems', 'items at least'],
  ['maxItems', 'items at most'],
  ['minProperties', 'entries at least'],
  ['maxProperties', 'entries at most'],
] as const

function bounds(schema: TSchema): string {
  const said = BOUNDS.flatMap(([name, words]) => {
    const value: unknown = Reflect.get(schema, name)
    return typeof value === 'number' && !isOfFormat(name, value) ? [`${words} ${value}`] : []
  })
  const pattern: unknown = Reflect.get(schema, 'pattern')
  const groups = exclusiveGroups(schema).map(group => `one of ${group.join(', ')}`)
  return [...said, ...(typeof pattern === 'string' ? [`\`${pattern}\``] : []), ...groups].join('; ')
}

/** Bounds of 32 bit numbers go without saying. */
function isOfFormat(name: string, value: number): boolean {
  return (
    (name === 'minimum' && [0, -2147483648].includes(value)) || (name === 'maximum' && [2147483647, 4294967295].includes(value))
  )
}

/** What CEL says in words, of the kind as a whole. */
function rules(spec: TSchema): string {
  const list: unknown = Reflect.get(spec, 'x-kubernetes-validations')
  if (!Array.isArray(list) || list.length === 0) return ''
  return `\nRules between its fields:\n\n${list.map(({ message }) => `- ${message}`).join('\n')}\n`
}
