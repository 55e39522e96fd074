/** The model as readable JSON: origins in one line, maps as objects, and without what says nothing. */

import { ENVOY_MESSAGES } from '../../src/api/istio/envoyfilter/messages.ts'
import { TARGETS } from '../../src/compile/envoy-filter.ts'
import type { EnvoyPatch } from '../../src/model/envoy-patch.ts'
import type { Mesh } from '../../src/model/mesh.ts'
import { bytesToJson, type JsonValue } from '../../src/xds/wire/json.ts'

export function modelJson(mesh: Mesh): JsonValue {
  const { settings: _, envoyFilters, ...rest } = mesh
  const readable = envoyFilters.map(filter => ({ ...filter, patches: filter.patches.map(withReadableValue) }))
  return json({ ...rest, envoyFilters: readable }) ?? {}
}

/** A patch's value is an encoded message. */
function withReadableValue(patch: EnvoyPatch): object {
  const message = Object.entries(ENVOY_MESSAGES).find(([applyTo]) => Reflect.get(TARGETS, applyTo) === patch.target)?.[1] ?? ''
  return { ...patch, value: bytesToJson(message, patch.value) }
}

function json(value: unknown): JsonValue | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : Buffer.from(value).toString()
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(entry => json(entry) ?? {})
  if (value instanceof Map) return object([...value].sort(([a], [b]) => (a < b ? -1 : 1)))
  if (typeof value === 'object') return isOrigin(value) ? originText(value) : object(Object.entries(value))
  throw new Error(`Cannot write a ${typeof value} as JSON`)
}

function object(entries: readonly [unknown, unknown][]): JsonValue | undefined {
  const fields = entries.flatMap(([key, value]) => {
    const field = json(value)
    return field === undefined || field === false ? [] : [[String(key), field] as const]
  })
  return fields.length > 0 ? Object.fromEntries(fields) : undefined
}

interface OriginFields {
  readonly object: string
  readonly path: string
  readonly line: number
  readonly rule: string
}

function isOrigin(value: object): value is OriginFields {
  return 'object' in value && 'rule' in value && 'path' in value && 'line' in value
}

function originText({ object: name, line, rule }: OriginFields): string {
  return [name, rule, `line ${line}`].filter(Boolean).join(', ')
}
