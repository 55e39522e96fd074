/** Objects that need not pass validation: the oracle's worlds are only as sound as its tests needed them. Their schema must fit. */
import { Findings } from '../../src/api/findings.ts'
import { findKind } from '../../src/api/kind-name.ts'
import { originWithoutFile } from '../../src/api/object.ts'
import { type AnyObject, kinds } from '../../src/api/registry.ts'
import { fits } from '../../src/api/schema/check.ts'
import { prune } from '../../src/api/schema/prune.ts'
import type { Objects } from '../../src/compile/objects.ts'
import { Store } from '../../src/source/store.ts'
import { fields, labels, text } from './oracle.ts'

/** @param documents parsed YAML; two with one kind, namespace and name are kept apart by a suffix @throws when a schema does not fit */
export function rawObjects(documents: readonly unknown[]): Objects {
  const names = new Set<string>()
  const objects = documents.flatMap((document, i) => {
    const object = rawObject(document)
    if (!object) return []
    const key = `${object.kind}/${object.namespace}/${object.name}`
    const name = names.has(key) ? `${object.name}-${i}` : object.name
    names.add(key)
    return [{ ...object, name }]
  })
  const store = new Store()
  store.source().publish(objects)
  return store.snapshot().objects
}

/** undefined: a kind that is not implemented */
function rawObject(document: unknown): AnyObject | undefined {
  const findings = new Findings()
  const id = findKind(text(document, 'kind'), text(document, 'apiVersion'), findings)
  if (id === undefined) return undefined
  const kind = kinds[id]
  const metadata = fields(document, 'metadata')
  const spec = prune(kind.spec, kind.payload === 'root' ? document : fields(document, 'spec'))
  if (!fits(kind.spec, spec, findings)) throw new Error(`${text(metadata, 'name')}: ${JSON.stringify(findings.all)}`)
  const object = {
    kind: kind.kind,
    group: kind.group,
    apiVersion: text(document, 'apiVersion'),
    namespace: kind.scope === 'cluster' ? '' : text(metadata, 'namespace') || 'default',
    name: text(metadata, 'name'),
    labels: labels(metadata, 'labels'),
    annotations: labels(metadata, 'annotations'),
    creationTimestamp: text(metadata, 'creationTimestamp') || undefined,
    uid: undefined,
    origin: originWithoutFile('oracle'),
    spec,
    status: prune(kind.status, fields(document, 'status')),
  }
  return object as AnyObject // its kind's schema has just been checked
}
