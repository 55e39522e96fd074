/** Which kind a document's apiVersion and kind mean. */
import { nearest } from '../lib/nearest.ts'
import type { Findings } from './findings.ts'
import type { Kind } from './kind.ts'
import { type AnyObject, type KindId, kinds } from './registry.ts'

function isKindId(name: string): name is KindId {
  return Object.hasOwn(kinds, name)
}

export const kindIds: readonly KindId[] = Object.keys(kinds).filter(isKindId)

const ids: ReadonlyMap<string, KindId> = new Map(kindIds.map(id => [`${kinds[id].group}/${kinds[id].kind}`, id]))
const all: readonly Kind[] = kindIds.map(id => kinds[id])

/** "networking.istio.io/v1", "v1" for the core group. */
function apiVersionOf(kind: Kind, version: string | undefined): string {
  return kind.group === '' ? `${version}` : `${kind.group}/${version}`
}

/** @returns undefined when there is no such kind or version, which `findings` (at the object's root) then says */
export function findKind(kindName: string, apiVersion: string, findings: Findings): KindId | undefined {
  const slash = apiVersion.lastIndexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  const id = ids.get(`${group}/${kindName}`)
  if (id === undefined) {
    const { text, fix } = hint(kindName)
    const message = `mizzen does not know the kind "${kindName}" of "${apiVersion}" and ignores it${text}`
    findings.at('kind').warning(message, { code: 'unknown-kind', fix })
    return undefined
  }
  const kind: Kind = kinds[id]
  if (kind.versions.includes(version)) return id
  const served = kind.versions.map(each => `"${apiVersionOf(kind, each)}"`).join(', ')
  findings.at('apiVersion').error(`there is no ${kindName} in "${apiVersion}": expected ${served}`, {
    code: 'unknown-version',
    fix: `write apiVersion: ${apiVersionOf(kind, kind.versions[0])}`,
  })
  return undefined
}

function hint(kindName: string): { readonly text: string; readonly fix: string | undefined } {
  const sameName = all.filter(kind => kind.kind === kindName)
  if (sameName.length > 0) {
    const versions = sameName.map(kind => `"${apiVersionOf(kind, kind.versions[0])}"`).join(' or ')
    return { text: `: expected apiVersion ${versions}`, fix: `write apiVersion: ${versions}` }
  }
  const meant = nearest(
    kindName,
    all.map(kind => kind.kind),
  )
  return meant === undefined
    ? { text: '', fix: undefined }
    : { text: `: did you mean "${meant}"?`, fix: `write "${meant}" instead of "${kindName}"` }
}

/** The id under which the registry lists an object's kind. */
export function idOf(object: AnyObject): KindId {
  const id = ids.get(`${object.group}/${object.kind}`)
  if (id === undefined)
    throw new Error(`Cannot file "${object.kind} ${object.name}": expected a kind of the registry, got "${object.apiVersion}"`)
  return id
}

/** Whether objects of this name live in namespaces, as far as it is known; undefined for unknown kinds. */
export function scopeOf(kindName: string): Kind['scope'] | undefined {
  return all.find(kind => kind.kind === kindName)?.scope
}
