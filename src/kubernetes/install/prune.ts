/** Takes away what an installation has left behind: objects of a revision that its settings no longer ask for. */
import { isApiError } from '../client/api-error.ts'
import type { ApiServer } from '../client/api-server.ts'
import { at, listAt, textAt } from '../client/raw-object.ts'
import { type Manifest, manifestName } from './manifest.ts'
import { NAMESPACE_LABEL, OWNER_LABEL } from './names.ts'
import { INSTALLED_KINDS, type InstalledKind, listPath, objectPath, PLACES } from './rest-path.ts'

export interface Owner {
  /** "default" where none is named, "shared"; undefined: all. */
  readonly revision: string | undefined
  /** Of the installation; undefined: all. */
  readonly namespace: string | undefined
}

/** In the order in which they are to be taken away. @throws (rejects) ApiError */
export async function installedBy(server: ApiServer, owner: Owner, kinds = INSTALLED_KINDS): Promise<Manifest[]> {
  const labelSelector = [
    owner.revision === undefined ? OWNER_LABEL : `${OWNER_LABEL}=${owner.revision}`,
    ...(owner.namespace === undefined ? [] : [`${NAMESPACE_LABEL}=${owner.namespace}`]),
  ].join(',')
  const lists = await Promise.all(kinds.map(kind => listed(server, kind, labelSelector)))
  return lists.flat()
}

async function listed(server: ApiServer, kind: InstalledKind, labelSelector: string): Promise<Manifest[]> {
  const list = await server.json({ path: listPath(kind), query: { labelSelector }, accept: METADATA_ONLY })
  return listAt(list, 'items').map(item => {
    const namespace = textAt(item, 'metadata', 'namespace')
    const labels = Object.fromEntries(
      Object.entries(Object(at(item, 'metadata', 'labels') ?? {})).map(([key, value]) => [key, String(value)]),
    )
    const metadata = { name: textAt(item, 'metadata', 'name'), labels, ...(namespace !== '' && { namespace }) }
    return { apiVersion: PLACES[kind].apiVersion, kind, metadata }
  })
}

const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

export function superfluous(installed: readonly Manifest[], wanted: readonly Manifest[]): Manifest[] {
  const names = new Set(wanted.map(manifestName))
  // Tags are of the revision that they lead to, but it was somebody's command that made them.
  return installed.filter(each => !names.has(manifestName(each)) && each.metadata.labels?.['istio.io/tag'] === undefined)
}

/** Whether it is gone already does not matter. @throws (rejects) ApiError */
export async function remove(server: ApiServer, manifest: Manifest, dryRun: boolean): Promise<void> {
  try {
    await server.json({
      method: 'DELETE',
      path: objectPath(manifest),
      query: { propagationPolicy: 'Background', ...(dryRun && { dryRun: 'All' }) },
    })
  } catch (error) {
    if (!isApiError(error, 404)) throw error
  }
}
