/**
 * JSON Schema (draft 7) of the kinds of the mesh, for editors. One schema serves every file: it looks at apiVersion and kind, and lets
 * through what it does not know, for a file may hold Deployments too.
 */
import type { Kind } from '../kind.ts'
import { kinds } from '../registry.ts'
import type { DefinedKind } from './names.ts'
import { type Json, structural } from './structural.ts'

/** @param ids which kinds it knows */
export function editorSchema(ids: readonly DefinedKind[]): Json {
  const known = ids.map(id => ({ id, kind: kinds[id] as Kind })) // every kind of the registry is one
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Resources of the mesh',
    type: 'object',
    properties: {
      apiVersion: suggested(known.flatMap(({ kind }) => versions(kind))),
      kind: suggested(known.map(({ kind }) => kind.kind)),
      metadata: METADATA,
    },
    required: ['apiVersion', 'kind', 'metadata'],
    allOf: known.map(({ id, kind }) => ({
      if: {
        properties: { apiVersion: { enum: versions(kind) }, kind: { const: kind.kind } },
        required: ['apiVersion', 'kind'],
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: `#/definitions/${id}` },
    })),
    definitions: Object.fromEntries(known.map(({ id, kind }) => [id, document(kind)])),
  }
}

function versions({ group, versions }: Kind): string[] {
  return versions.map(version => `${group}/${version}`)
}

/** Editors offer these, and take anything else too. */
function suggested(words: readonly string[]): Json {
  return { anyOf: [{ enum: [...new Set(words)] }, { type: 'string' }] }
}

const TEXTS: Json = { type: 'object', additionalProperties: { type: 'string' } }
const METADATA: Json = {
  type: 'object',
  properties: { name: { type: 'string' }, namespace: { type: 'string' }, labels: TEXTS, annotations: TEXTS },
}

function document(kind: Kind): Json {
  const spec = forEditors(structural(kind.spec, { defaults: true }))
  return {
    type: 'object',
    properties: { apiVersion: {}, kind: {}, metadata: METADATA, spec, status: { type: 'object' } },
    required: ['spec'],
    additionalProperties: false,
  }
}

/** An editor has no use for Kubernetes' keywords, and a misspelt field should stand out. */
function forEditors(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forEditors)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(schema)) {
    if (name.startsWith('x-kubernetes-') || name === 'format') continue
    kept[name] = name === 'default' || name === 'properties' ? part : forEditors(part)
  }
  const { properties } = kept
  if (typeof properties === 'object' && properties !== null)
    kept['properties'] = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, forEditors(field)]))
  const open = 'x-kubernetes-preserve-unknown-fields' in schema || 'additionalProperties' in schema
  if (kept['type'] === 'object' && !open) kept['additionalProperties'] = false
  return kept
}
