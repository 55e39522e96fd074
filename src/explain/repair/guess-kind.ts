/** Which kind a document without one, or with a wrong one, was meant to be. */
import type { TSchema } from 'typebox'
import type { Kind } from '../../api/kind.ts'
import { kindIds } from '../../api/kind-name.ts'
import { kinds } from '../../api/registry.ts'
import { isRecord } from '../../api/schema/prune.ts'
import { shapeOf } from '../../api/schema/shape.ts'
import { editDistance, nearest } from '../../lib/nearest.ts'

const all: readonly Kind[] = kindIds.map(id => kinds[id])

export function apiVersionOf(kind: Kind, version: string | undefined = kind.versions[0]): string {
  return kind.group === '' ? `${version}` : `${kind.group}/${version}`
}

/** By the name, whatever its case and spelling; of kinds of one name the one whose group is nearest to what is written. */
export function kindByName(name: string, apiVersion: string): Kind | undefined {
  const meant = all.find(kind => kind.kind === name)?.kind ?? nearest(name, new Set(all.map(kind => kind.kind)))
  const group = groupOf(apiVersion)
  return all.filter(kind => kind.kind === meant).sort((a, b) => editDistance(a.group, group) - editDistance(b.group, group))[0]
}

/** By the fields: of the kinds of the group the one that knows most of those that are there, where one stands out. */
export function kindByFields(document: Readonly<Record<string, unknown>>): Kind | undefined {
  const group = groupOf(typeof document['apiVersion'] === 'string' ? document['apiVersion'] : '')
  const spec = isRecord(document['spec']) ? document['spec'] : document
  const rated = all
    .filter(kind => kind.strict && (group === '' || kind.group === group))
    .map(kind => ({ kind, known: Object.keys(spec).filter(name => fieldsOf(kind.spec).includes(name)).length }))
    .sort((a, b) => b.known - a.known)
  const [best, second] = rated
  return best && best.known > (second?.known ?? 0) ? best.kind : undefined
}

export function fieldsOf(schema: TSchema): string[] {
  const shape = shapeOf(schema)
  return shape.form === 'message' ? Object.keys(shape.fields) : []
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : ''
}
