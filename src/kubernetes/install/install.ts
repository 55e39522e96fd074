/** Installs: applies wave after wave, waits where the next one needs it, and takes away what the settings no longer ask for. */
import type { ApiServer } from '../client/api-server.ts'
import { at } from '../client/raw-object.ts'
import { apply, type Change, lookUp } from './apply.ts'
import { inParallel } from './in-parallel.ts'
import type { Manifest } from './manifest.ts'
import { type Names, namesOf, OWNER_LABEL } from './names.ts'
import { installation } from './objects.ts'
import { installedBy, remove, superfluous } from './prune.ts'
import { untilReady, type Waiting } from './ready.ts'
import { type InstallRecord, recordManifest } from './record.ts'
import type { Settings } from './settings.ts'

export interface Installing {
  readonly settings: Settings
  readonly record: InstallRecord
  readonly dryRun: boolean
  /** Undefined: nothing is waited for. */
  readonly wait: Omit<Waiting, 'onWaiting'> | undefined
  readonly progress: Progress
}

export interface Progress {
  /** A wave begins, or waits for something. */
  doing(title: string, detail: string): void
  /** Everything of a wave is there, and works if that was waited for. */
  done(title: string, changes: ReadonlyMap<Manifest, Change>): void
  removed(object: Manifest): void
}

/** @returns the names of the installation @throws (rejects) ApiError, or Error of something that does not become ready */
export async function install(server: ApiServer, { settings, record, dryRun, wait, progress }: Installing): Promise<Names> {
  const names = namesOf(settings)
  const gatewayApi = settings.base.gatewayAPI === 'missing' && !(await hasForeignGatewayApi(server))
  const waves = installation(settings, gatewayApi)
  for (const { title, objects, firstReplicas } of waves) {
    progress.doing(title, '')
    const changes = new Map<Manifest, Change>()
    await inParallel(objects, async manifest => {
      const first = manifest.kind === 'Deployment' ? firstReplicas[manifest.metadata.name] : undefined
      changes.set(manifest, await apply(server, manifest, { dryRun, firstReplicas: first }))
    })
    if (wait && !dryRun) {
      const waiting = { ...wait, onWaiting: (what: string) => progress.doing(title, what) }
      for (const manifest of objects) if (mayLack(manifest, changes.get(manifest))) await untilReady(server, manifest, waiting)
    }
    progress.done(title, changes)
  }
  const wanted = [...waves.flatMap(({ objects }) => objects), recordManifest(names, record)]
  if (waves.length > 1) await apply(server, recordManifest(names, record), { dryRun })
  const installed = await installedBy(server, { revision: names.revision, namespace: names.namespace })
  for (const object of superfluous(installed, wanted)) {
    await remove(server, object, dryRun)
    progress.removed(object)
  }
  return names
}

/** Whether the cluster has the Gateway API's kinds from elsewhere: then it keeps those, all of them. */
export async function hasForeignGatewayApi(server: ApiServer): Promise<boolean> {
  const found = await lookUp(
    server,
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io',
  )
  return found !== undefined && at(found, 'metadata', 'labels', OWNER_LABEL) === undefined
}

/** A kind that was not changed is served already. */
function mayLack({ kind }: Manifest, change: Change | undefined): boolean {
  return change !== 'kept' && !(kind === 'CustomResourceDefinition' && change === 'unchanged')
}
