/**
 * The edge: a parsed document becomes a typed object, or a list of what is wrong with it. Everything behind here can rely on the types.
 */
import type { Static, TSchema } from 'typebox'
import { type Finding, Findings } from './findings.ts'
import type { Kind } from './kind.ts'
import { findKind, scopeOf } from './kind-name.ts'
import { checkMetadata, Metadata } from './metadata.ts'
import { type ConfigObject, type Origin, resourceName } from './object.ts'
import { type AnyObject, type KindId, kinds } from './registry.ts'
import { fits, show } from './schema/check.ts'
import { isRecord, prune } from './schema/prune.ts'
import { schemaAt } from './schema/shape.ts'

/** What came of a document. */
export interface Reading {
  /** "VirtualService shop/catalog", as far as the document says; '' when it does not even look like an object. */
  readonly resource: string
  /** Undefined: a kind or version that is not known. */
  readonly id: KindId | undefined
  /** Undefined when a finding is an error, and for unknown kinds (a warning, no error). */
  readonly object: AnyObject | undefined
  readonly findings: readonly Finding[]
  /** Why objects of this kind are read and not used. */
  readonly unused: string | undefined
}

/** @param document what a YAML or JSON parser made of it; it is not changed. Bad input never throws. */
export function readObject(document: unknown, origin: Origin): Reading {
  const findings = new Findings()
  const nothing = { resource: '', id: undefined, object: undefined, findings: findings.all, unused: undefined }
  if (!isRecord(document)) {
    findings.error(`expected an object with apiVersion, kind and metadata, got ${show(document)}`, { code: 'not-an-object' })
    return nothing
  }
  const { kind: kindName, apiVersion } = document
  if (!isText(kindName) || !isText(apiVersion)) {
    const missing = isText(kindName) ? 'apiVersion' : 'kind'
    findings.error(`"${missing}" is missing: expected an object with apiVersion, kind and metadata`, { code: 'not-an-object' })
    return nothing
  }
  const resource = nameOf(kindName, document['metadata'])
  const id = findKind(kindName, apiVersion, findings)
  if (id === undefined) return { ...nothing, resource }
  const kind: Kind = kinds[id]
  const read = readKind(kind, document, apiVersion, origin, findings)
  const sound = read !== undefined && !findings.all.some(finding => finding.level === 'error')
  // The schema of this very kind has accepted it, so it is the union's member with this kind and group.
  return { resource, id, object: sound ? (read as AnyObject) : undefined, findings: findings.all, unused: kind.unused }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** The resource's name, as well as a document that may be wrong in every way tells it. */
function nameOf(kind: string, metadata: unknown): string {
  const { name, namespace } = isRecord(metadata) ? metadata : {}
  const scope = scopeOf(kind)
  const ownNamespace = scope !== 'cluster' && isText(namespace) ? namespace : ''
  return resourceName({
    kind,
    namespace: ownNamespace === '' && scope === 'namespaced' ? 'default' : ownNamespace,
    name: isText(name) ? name : '(no name)',
  })
}

function readKind<Name extends string, Group extends string, Spec extends TSchema, Status extends TSchema>(
  kind: Kind<Name, Group, Spec, Status>,
  document: Record<string, unknown>,
  apiVersion: string,
  origin: Origin,
  findings: Findings,
): ConfigObject<Name, Group, Static<Spec>, Static<Status>> | undefined {
  const metadata = prune(Metadata, document['metadata'] ?? {})
  const headFits = fits(Metadata, metadata, findings.at('metadata'))
  if (headFits) checkMetadata(metadata, kind, findings.at('metadata'))

  if (kind.strict) checkTopLevel(document, kind, findings)
  if (kind.strict && (document['spec'] ?? null) === null) {
    findings.error('"spec" is missing: expected a map', { code: 'missing-field' })
    return undefined
  }
  const inRoot = kind.payload === 'root'
  const spec = prune(kind.spec, inRoot ? document : (document['spec'] ?? {}))
  if (!fits(kind.spec, spec, inRoot ? findings : findings.at('spec')) || !headFits) return undefined

  const object = {
    kind: kind.kind,
    group: kind.group,
    apiVersion,
    namespace: kind.scope === 'cluster' ? '' : metadata.namespace || 'default',
    name: metadata.name ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    creationTimestamp: metadata.creationTimestamp,
    uid: metadata.uid,
    ...(metadata.generation !== undefined && { generation: metadata.generation }),
    origin,
    spec,
    status: readStatus(kind, document['status']),
  }
  kind.validate(object, findings)
  return object
}

/** Machines write a status; one that cannot be read is as good as none. */
function readStatus<Status extends TSchema>(
  kind: Kind<string, string, TSchema, Status>,
  value: unknown,
): Static<Status> | undefined {
  if (value === undefined || value === null) return undefined
  const status = prune(kind.status, value)
  return fits(kind.status, status, new Findings()) ? status : undefined
}

const topLevel = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status'])

function checkTopLevel(document: Record<string, unknown>, kind: Kind, findings: Findings): void {
  for (const name of Object.keys(document)) {
    if (topLevel.has(name)) continue
    const misplaced = schemaAt(kind.spec, name) !== undefined
    const message = `unknown field "${name}": ${misplaced ? 'it belongs under spec' : `expected ${[...topLevel].join(', ')}`}`
    findings.at(name).error(message, { code: 'unknown-field', fix: misplaced ? `indent "${name}" below "spec:"` : undefined })
  }
}
