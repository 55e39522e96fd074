/** A cluster's objects once, as documents: for commands that judge what is there and apply nothing. */

import type { Kind } from '../../api/kind.ts'
import { kindIds } from '../../api/kind-name.ts'
import { readObject } from '../../api/read.ts'
import { type KindId, kinds } from '../../api/registry.ts'
import { ApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { isRecord, listAt, textAt } from '../../kubernetes/client/raw-object.ts'
import { aboutFile, type Diagnostic, diagnosticsOf } from '../diagnostic.ts'
import type { ReadDocument } from '../files/document.ts'
import type { Documents } from '../files/read-documents.ts'
import { discover } from './discovery.ts'
import { CLUSTER } from './reading.ts'

const PAGE = 500
/** Of no use to anybody who judges a mesh, and many. */
const LEFT_OUT: ReadonlySet<KindId> = new Set(['Endpoints', 'Node', 'Job', 'CronJob'])

/** What may not be read is left out, and said. @throws (rejects) ApiError when the cluster cannot be asked at all */
export async function readCluster(api: ApiServer): Promise<Documents> {
  const { served } = await discover(
    api,
    kindIds.filter(id => !LEFT_OUT.has(id)),
  )
  const documents: ReadDocument[] = []
  const problems: Diagnostic[] = []
  for (const { id, path } of served) {
    try {
      for await (const value of itemsOf(api, id, path)) documents.push(documentOf(value))
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error
      problems.push({
        ...aboutFile('cluster', 'warning', 'forbidden', error.message),
        effect: `objects of kind ${id} are left out`,
      })
    }
  }
  return { documents, problems }
}

async function* itemsOf(api: ApiServer, id: KindId, path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const kind: Kind = kinds[id]
  let rest: string | undefined
  do {
    const page = await api.json({ path, query: { limit: PAGE, continue: rest } })
    const apiVersion = textAt(page, 'apiVersion')
    for (const item of listAt(page, 'items')) if (isRecord(item)) yield { ...item, kind: kind.kind, apiVersion }
    rest = textAt(page, 'metadata', 'continue') || undefined
  } while (rest !== undefined)
}

function documentOf(value: Readonly<Record<string, unknown>>): ReadDocument {
  const reading = readObject(value, CLUSTER)
  return { origin: CLUSTER, reading, diagnostics: diagnosticsOf(reading, CLUSTER, () => undefined), value }
}
