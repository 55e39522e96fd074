/** values.yaml with its documentation, and values.schema.json, from the schema of the settings. */
import { type TSchema, Type } from 'typebox'
import { stringify } from 'yaml'
import { isRecord } from '../../src/kubernetes/client/raw-object.ts'
import { Settings } from '../../src/kubernetes/install/settings.ts'

/** Helm says it: --namespace. */
export const NOT_A_VALUE = 'global.istioNamespace'

export function valuesText(settings: unknown): string {
  return `# Settings of mizzen, as of "mizzen install"; docs/install.md tells more. Made by scripts/helm.ts.\n\n${section(settings, Settings, '', '')}`
}

function section(value: unknown, schema: TSchema, path: string, indent: string): string {
  if (!isRecord(value)) return ''
  let text = ''
  for (const [name, part] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    if (at === NOT_A_VALUE) continue
    const own = fieldOf(schema, name)
    const description = own && 'description' in own ? own.description : undefined
    if (typeof description === 'string') text += `${indent}# ${description}\n`
    if (own && Type.IsObject(own) && isRecord(part)) text += `${indent}${name}:\n${section(part, own, at, `${indent}  `)}`
    else
      text += `${stringify({ [name]: part }, { lineWidth: 0 })
        .trimEnd()
        .replaceAll(/^/gm, indent)}\n`
    if (indent === '') text += '\n'
  }
  return text
}

function fieldOf(schema: TSchema, name: string): TSchema | undefined {
  return Type.IsObject(schema) ? schema.properties[name] : undefined
}

/** Nothing is required: what is not said has its default. */
export function valuesSchema(): string {
  const schema: unknown = JSON.parse(JSON.stringify(Settings))
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...Object(withoutRequired(schema)) }, null, 2)}\n`
}

function withoutRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRequired)
  if (!isRecord(schema)) return schema
  const kept = Object.entries(schema).filter(([name]) => name !== 'required' && !name.startsWith('x-'))
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutRequired(part)]))
}
