/** Brings objects into a cluster by server-side apply, as the field manager "mizzen-install". */
import { isDeepStrictEqual } from 'node:util'
import { isApiError } from '../client/api-error.ts'
import type { ApiServer } from '../client/api-server.ts'
import { at, isRecord, textAt } from '../client/raw-object.ts'
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
  if (dryRun)
    return before === undefined ? tryOut(server, manifest) : (await wouldChange(server, manifest)) ? 'configured' : 'unchanged'
  const after = await patch(server, path, manifest, { accept: METADATA })
  if (before === undefined) {
    if (firstReplicas !== undefined && firstReplicas !== 1) await scale(server, path, firstReplicas)
    return 'created'
  }
  return textAt(before, 'metadata', 'resourceVersion') === textAt(after, 'metadata', 'resourceVersion')
    ? 'unchanged'
    : 'configured'
}

async function tryOut(server: ApiServer, manifest: Manifest): Promise<'created'> {
  try {
    await patch(server, objectPath(manifest), manifest, { accept: METADATA, dryRun: true })
  } catch (error) {
    // Its namespace will be there when it is meant.
    if (!isApiError(error, 404)) throw error
  }
  return 'created'
}

/** Whether applying would change an object that is there. @throws (rejects) ApiError */
export async function wouldChange(server: ApiServer, manifest: Manifest): Promise<boolean> {
  const path = objectPath(manifest)
  const [before, after] = await Promise.all([lookUp(server, path), patch(server, path, manifest, { dryRun: true })])
  return !isDeepStrictEqual(withoutBookkeeping(before), withoutBookkeeping(after))
}

/** What the server notes down by itself: its version (a dry run keeps it), and who wrote what when; controllers write status in between. */
function withoutBookkeeping(object: unknown): unknown {
  if (!isRecord(object) || !isRecord(object['metadata'])) return object
  const { managedFields: _managers, resourceVersion: _version, generation: _generation, ...metadata } = object['metadata']
  const { status: _status, ...rest } = object
  return { ...rest, metadata }
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

interface PatchOptions {
  readonly accept?: string
  readonly dryRun?: boolean
}

function patch(server: ApiServer, path: string, manifest: Manifest, options: PatchOptions): Promise<unknown> {
  const { accept = 'application/json', dryRun = false } = options
  return server.json({
    method: 'PATCH',
    path,
    query: { fieldManager: FIELD_MANAGER, force: true, ...(dryRun && { dryRun: 'All' }) },
    body: manifest,
    accept,
    contentType: 'application/apply-patch+yaml', // JSON is YAML
  })
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
