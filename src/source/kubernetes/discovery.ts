/** Which kinds this API server has, and under which paths: CustomResourceDefinitions come and go, and serve some versions and not others. */
import type { Kind } from '../../api/kind.ts'
import { type KindId, kinds } from '../../api/registry.ts'
import { isApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { listAt, textAt } from '../../kubernetes/client/raw-object.ts'

export interface ServedKind {
  readonly id: KindId
  /** "/apis/networking.istio.io/v1/virtualservices" */
  readonly path: string
}

export interface Discovered {
  readonly served: readonly ServedKind[]
  /** A definition is there, of versions that we do not know: what its objects say is not heard. */
  readonly foreign: readonly { readonly id: KindId; readonly versions: readonly string[] }[]
}

/** @throws (rejects) ApiError when it cannot be found out */
export async function discover(api: ApiServer, ids: readonly KindId[]): Promise<Discovered> {
  const byGroup = Map.groupBy(ids, id => kinds[id].group)
  const found = await Promise.all([...byGroup].map(([group, wanted]) => discoverGroup(api, group, wanted)))
  return { served: found.flatMap(each => each.served), foreign: found.flatMap(each => each.foreign) }
}

async function discoverGroup(api: ApiServer, group: string, ids: readonly KindId[]): Promise<Discovered> {
  const versions = group === '' ? ['v1'] : await versionsOf(api, group)
  const lists = await Promise.all(
    versions.map(async version => ({ version, plurals: await pluralsOf(api, groupPath(group, version)) })),
  )
  const served: ServedKind[] = []
  const foreign: { id: KindId; versions: string[] }[] = []
  for (const id of ids) {
    const kind: Kind = kinds[id]
    const with_ = lists.filter(list => list.plurals.has(kind.kind))
    const best = kind.versions.flatMap(version => with_.find(list => list.version === version) ?? [])[0]
    const plural = best?.plurals.get(kind.kind)
    if (best && plural) served.push({ id, path: `${groupPath(group, best.version)}/${plural}` })
    else if (with_.length > 0) foreign.push({ id, versions: with_.map(list => list.version) })
  }
  return { served, foreign }
}

async function versionsOf(api: ApiServer, group: string): Promise<string[]> {
  const found = await api.json({ path: `/apis/${group}` }).catch(absent)
  return listAt(found, 'versions').map(version => textAt(version, 'version'))
}

/** Kind -> plural, of those that can be followed. */
async function pluralsOf(api: ApiServer, path: string): Promise<ReadonlyMap<string, string>> {
  const found = await api.json({ path }).catch(absent)
  return new Map(
    listAt(found, 'resources').flatMap(resource => {
      const [name, kind] = [textAt(resource, 'name'), textAt(resource, 'kind')]
      return name.includes('/') || !listAt(resource, 'verbs').includes('watch') ? [] : [[kind, name] as const]
    }),
  )
}

/** A group that nobody defines. */
function absent(error: unknown): undefined {
  if (isApiError(error, 404)) return undefined
  throw error
}

function groupPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}
