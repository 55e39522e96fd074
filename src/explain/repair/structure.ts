/** The frame of an object: apiVersion, kind, metadata, spec. What is missing is said and put there; what stands beside it is moved into it. */
import type { Kind } from '../../api/kind.ts'
import { isRecord } from '../../api/schema/prune.ts'
import { schemaAt } from '../../api/schema/shape.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Draft } from './draft.ts'
import { apiVersionOf, fieldsOf, kindByFields, kindByName } from './guess-kind.ts'

/** Fields that people write where a kind calls the thing otherwise. */
const ALSO: Readonly<Record<string, Readonly<Record<string, string>>>> = { VirtualService: { destination: 'hosts' } }

const FRAME = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

/** @returns the kind the object is, or was meant to be; undefined when nobody can tell */
export function repairFrame(draft: Draft): Kind | undefined {
  renameFrame(draft)
  const kind = repairKind(draft)
  if (!kind) return undefined
  repairVersion(draft, kind)
  if (!isRecord(draft.root['metadata']))
    draft.say('missing-field', ['metadata'], '"metadata" is missing: expected a map with a name', 'add "metadata:" with a name')
  if (kind.strict && kind.payload === 'spec') repairSpec(draft, kind)
  const metadata = draft.map('metadata')
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '') metadata['name'] = inventName(draft, kind)
  order(draft)
  return kind
}

/** "apiversion", "Kind", "metdata": names of the frame in another spelling. */
function renameFrame({ root }: Draft): void {
  for (const [name, value] of Object.entries(root)) {
    const meant = FRAME.includes(name) ? undefined : nearest(name, FRAME)
    if (meant === undefined || root[meant] !== undefined || (meant === 'metadata' || meant === 'spec') !== isRecord(value))
      continue
    delete root[name]
    root[meant] = value
  }
}

function repairKind(draft: Draft): Kind | undefined {
  const { root } = draft
  const { kind: name } = root
  const apiVersion = typeof root['apiVersion'] === 'string' ? root['apiVersion'] : ''
  if (typeof name === 'string' && name !== '') {
    const meant = kindByName(name, apiVersion)
    if (meant) root['kind'] = meant.kind
    return meant
  }
  const guessed = kindByFields(root)
  const hint = guessed ? `; by its fields it is a ${guessed.kind}` : ''
  draft.say(
    'not-an-object',
    ['kind'],
    `"kind" is missing: expected the name of a kind${hint}`,
    `add "kind: ${guessed?.kind ?? 'NAME'}"`,
  )
  if (guessed) root['kind'] = guessed.kind
  return guessed
}

/** Which version is wrong is said when the object is read. */
function repairVersion({ root }: Draft, kind: Kind): void {
  const { apiVersion } = root
  if (typeof apiVersion !== 'string' || !kind.versions.some(version => apiVersionOf(kind, version) === apiVersion))
    root['apiVersion'] = apiVersionOf(kind)
}

function repairSpec(draft: Draft, kind: Kind): void {
  const { root } = draft
  const missing = (root['spec'] ?? null) === null
  if (missing)
    draft.say('missing-field', ['spec'], '"spec" is missing: expected a map', 'put the fields of the object below "spec:"')
  else if (!isRecord(root['spec'])) return
  const known = fieldsOf(kind.spec)
  for (const name of Object.keys(root)) {
    if (FRAME.includes(name)) continue
    const inside = schemaAt(kind.spec, name) !== undefined
    if (missing) {
      const message = inside
        ? `"${name}" stands beside spec: it belongs under it`
        : `unknown field "${name}": expected ${FRAME.join(', ')}`
      const meant = ALSO[kind.kind]?.[name] ?? nearest(name, known)
      const fix = inside ? `indent "${name}" below "spec:"` : meant === undefined ? 'remove it' : inSpec(meant, root[name])
      draft.say('unknown-field', [name], message, fix)
    }
    draft.map('spec')[name] = root[name]
    delete root[name]
  }
}

/** The host of a `destination` that stands beside the rules can only be the one that clients call. */
function inSpec(name: string, value: unknown): string {
  const host = name === 'hosts' && isRecord(value) ? value['host'] : undefined
  return typeof host === 'string'
    ? `write the host that clients call as "hosts: [${host}]" below "spec:"; where requests go is said under "http:"`
    : `write "${name}" below "spec:"`
}

/** Of a host where there is one, so that a reader recognises it. */
function inventName({ root }: Draft, kind: Kind): string {
  const spec = isRecord(root['spec']) ? root['spec'] : {}
  const destination = isRecord(spec['destination']) ? spec['destination']['host'] : undefined
  const host: unknown = Array.isArray(spec['hosts']) ? spec['hosts'][0] : (spec['host'] ?? destination)
  const text = typeof host === 'string' ? host : ''
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
  return name === '' ? kind.kind.toLowerCase() : name
}

/** As everybody writes it. */
function order({ root }: Draft): void {
  for (const name of [...FRAME, ...Object.keys(root).filter(each => !FRAME.includes(each))]) {
    const value = root[name]
    if (value === undefined) continue
    delete root[name]
    root[name] = value
  }
}
