/** Takes an installation away. */
import type { ApiServer } from '../client/api-server.ts'
import { lookUp } from './apply.ts'
import type { Manifest } from './manifest.ts'
import { installedBy, remove } from './prune.ts'
import { objectPath } from './rest-path.ts'

export interface Uninstalling {
  /** "default" where none is named; undefined: everything, the kinds and with them all configuration of the mesh included. */
  readonly revision: string | undefined
  readonly namespace: string
  readonly dryRun: boolean
  /** What will be taken away; nothing is when it says no. */
  readonly confirm: (objects: readonly Manifest[]) => Promise<boolean>
  readonly removed: (object: Manifest) => void
}

/** Made by control planes as they run, not by the installation. */
const LEFT_BEHIND = ['istio-ca-secret'] as const

/** The namespace stays: there may be something of the user's in it. @returns how many objects went @throws (rejects) ApiError */
export async function uninstall(server: ApiServer, options: Uninstalling): Promise<number> {
  const { revision, namespace, dryRun, confirm, removed } = options
  const found = await installedBy(server, { revision, namespace: revision === undefined ? undefined : namespace })
  const objects = found.filter(({ kind }) => kind !== 'Namespace')
  if (revision === undefined) objects.push(...(await leftBehind(server, namespace)))
  if (objects.length === 0 || !(await confirm(objects))) return 0
  for (const object of objects) {
    await remove(server, object, dryRun)
    removed(object)
  }
  return objects.length
}

async function leftBehind(server: ApiServer, namespace: string): Promise<Manifest[]> {
  const objects = LEFT_BEHIND.map(name => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } }))
  const found = await Promise.all(objects.map(object => lookUp(server, objectPath(object))))
  return objects.filter((_, index) => found[index] !== undefined)
}
