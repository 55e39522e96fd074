/** Brings objects into a cluster by server-side apply, as the field manager "mizzen-install". */
import { isApiError } from '../client/api-error.ts'
import type { ApiServer } from '../client/api-server.ts'
import { at, textAt } from '../client/raw-object.ts'
import type { Manifest } from './manifest.ts'
import { OWNER_LABEL } from './names.ts'
import { objectPath } from './rest-path.ts'

export const FIELD_MANAGER = 'mizzen-install'

/** "kept": it is somebody else's and good enough. */
export type Change = 'created' | 'configured' | 'unchanged' | 'kept'

export interface ApplyOptions {
  /** The server only says what would happen. */
  readonly dryRun: boolean
  /** Of a new Deployment. */
  readonly firstReplicas?: number | undefined
}

/** @throws (rejects) ApiError */
export async function apply(server: ApiServer, manifest: Manifest, { dryRun, firstReplicas }: ApplyOptions): Promise<Change> {
  const path = objectPath(manifest)
  const before = await lookUp(server, path, METADATA)
  if (before !== undefined && at(before, 'metadata', 'labels', OWNER_LABEL) === undefined)
    if (isForeignKind(manifest, await lookUp(server, path))) return 'kept'
  const after = await patch(server, path, manifest, dryRun).catch((error: unknown) => {
    // Its namespace will be there when it is meant.
    if (dryRun && before === undefined && isApiError(error, 404)) return undefined
    throw error
  })
  if (before === undefined) {
    if (firstReplicas !== undefined && firstReplicas !== 1 && !dryRun) await scale(server, path, firstReplicas)
    return 'created'
  }
  return textAt(before, 'metadata', 'resourceVersion') === textAt(after, 'metadata', 'resourceVersion')
    ? 'unchanged'
    : 'configured'
}

/** Definitions of kinds are long; for most questions their head is enough. */
const METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'

/** @returns undefined where there is none @throws (rejects) ApiError */
export async function lookUp(server: ApiServer, path: string, accept = 'application/json'): Promise<unknown> {
  try {
    return await server.json({ path, accept })
  } catch (error) {
    if (isApiError(error, 404)) return undefined
    throw error
  }
}

function patch(server: ApiServer, path: string, manifest: Manifest, dryRun: boolean): Promise<unknown> {
  return server.json({
    method: 'PATCH',
    path,
    query: { fieldManager: FIELD_MANAGER, force: true, ...(dryRun && { dryRun: 'All' }) },
    body: manifest,
    accept: METADATA,
    contentType: 'application/apply-patch+yaml', // JSON is YAML
  })
}

/** The version that it would have after applying: the one it has, where that would change nothing. @throws (rejects) ApiError */
export async function dryRunVersion(server: ApiServer, manifest: Manifest): Promise<string> {
  return textAt(await patch(server, objectPath(manifest), manifest, true), 'metadata', 'resourceVersion')
}

/** In another manager's name: the autoscaler is free to change it, and the next apply leaves it alone. */
async function scale(server: ApiServer, path: string, replicas: number): Promise<void> {
  await server.json({
    method: 'PATCH',
    path: `${path}/scale`,
    query: { fieldManager: `${FIELD_MANAGER}-scale` },
    body: { spec: { replicas } },
    contentType: 'application/merge-patch+json',
  })
}

/**
 * A kind that Istio or somebody else brought stays theirs, as long as it has a version that mizzen reads: two installers that overwrite each
 * other's definitions would never come to rest.
 */
export function isForeignKind(manifest: Manifest, before: unknown): boolean {
  if (manifest.kind !== 'CustomResourceDefinition' || at(before, 'metadata', 'labels', OWNER_LABEL) !== undefined) return false
  return servedVersions(manifest).some(version => servedVersions(before).includes(version))
}

export function servedVersions(definition: unknown): string[] {
  const versions = at(definition, 'spec', 'versions')
  return Array.isArray(versions) ? versions.flatMap(each => (at(each, 'served') === true ? [textAt(each, 'name')] : [])) : []
}
