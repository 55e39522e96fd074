/** Objects of the API server as the store has them: typed, checked, and with what a status writer needs beside. */
import { isDeepStrictEqual } from 'node:util'
import { type Origin, resourceName } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import type { AnyObject, KindId } from '../../api/registry.ts'
import { at, numberAt, type RawObject, textAt } from '../../kubernetes/client/raw-object.ts'
import { type Diagnostic, diagnosticsOf } from '../diagnostic.ts'
import { stripped } from './watched.ts'

/** What is known of one object of the cluster. */
export interface Entry {
  /** "shop/cart"; "mizzen" for an object without a namespace. */
  readonly key: string
  /** Undefined: it is not in order, and never was while we looked. */
  readonly object: AnyObject | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** Counts the changes of its spec; 0: the kind does not count them. */
  readonly generation: number
  readonly resourceVersion: string
  readonly uid: string
  /** As it is written now, by whomever. */
  readonly status: unknown
}

const START = { line: 0, column: 0 }
/** The cluster has no lines. */
export const CLUSTER: Origin = { file: 'cluster', ...START, lineAt: () => START }

/** Kinds whose status is read back: all that have one which a control plane writes. */
const QUIET: ReadonlySet<KindId> = new Set([
  'Namespace',
  'Node',
  'Service',
  'Pod',
  'EndpointSlice',
  'IngressClass',
  'ConfigMap',
  'Secret',
])

export function readEntry(id: KindId, document: RawObject, before: (key: string) => Entry | undefined): Entry | undefined {
  const kept = stripped(id, document)
  if (kept === undefined) return undefined
  const reading = readObject(kept, CLUSTER)
  const diagnostics = diagnosticsOf(reading, CLUSTER, () => undefined).filter(each => each.code !== 'kind-not-used')
  const key = keyOf(document)
  const last = before(key)
  const versions = {
    key,
    generation: numberAt(document, 'metadata', 'generation') ?? 0,
    resourceVersion: textAt(document, 'metadata', 'resourceVersion'),
    uid: textAt(document, 'metadata', 'uid'),
    status: QUIET.has(id) ? undefined : at(document, 'status'),
  }
  if (reading.object === undefined) {
    const lastGood = last?.object
    const effect = lastGood ? `the last good version of ${resourceName(lastGood)} keeps serving` : 'the object is left out'
    return { ...versions, object: lastGood, diagnostics: diagnostics.map(each => ({ ...each, effect })) }
  }
  // The same object again where nothing has changed that counts: that is how changes are found.
  const object = last?.object && sameContent(last.object, reading.object) ? last.object : reading.object
  return { ...versions, object, diagnostics: sameTexts(last?.diagnostics, diagnostics) }
}

export function keyOf(document: RawObject): string {
  const [namespace, name] = [textAt(document, 'metadata', 'namespace'), textAt(document, 'metadata', 'name')]
  return namespace === '' ? name : `${namespace}/${name}`
}

function sameContent(a: AnyObject, b: AnyObject): boolean {
  return (
    a.uid === b.uid &&
    a.generation === b.generation &&
    a.apiVersion === b.apiVersion &&
    isDeepStrictEqual(a.spec, b.spec) &&
    isDeepStrictEqual(a.status, b.status) &&
    isDeepStrictEqual(a.labels, b.labels) &&
    isDeepStrictEqual(a.annotations, b.annotations)
  )
}

const NONE: readonly Diagnostic[] = []

function sameTexts(before: readonly Diagnostic[] | undefined, now: readonly Diagnostic[]): readonly Diagnostic[] {
  if (now.length === 0) return NONE
  return before && isDeepStrictEqual(before, now) ? before : now
}
