/** Whether an installation is there, is what its settings say, and works. */
import { isApiError } from '../client/api-error.ts'
import type { ApiServer } from '../client/api-server.ts'
import { textAt } from '../client/raw-object.ts'
import { isForeignKind, lookUp, wouldChange } from './apply.ts'
import { inParallel } from './in-parallel.ts'
import { hasForeignGatewayApi } from './install.ts'
import type { Manifest } from './manifest.ts'
import { installation } from './objects.ts'
import { notReady } from './ready.ts'
import { objectPath } from './rest-path.ts'
import type { Settings } from './settings.ts'

export interface Verdict {
  readonly object: Manifest
  /** Undefined: all is well. */
  readonly problem: string | undefined
}

/** @throws (rejects) ApiError */
export async function verifyInstallation(server: ApiServer, settings: Settings): Promise<Verdict[]> {
  const gatewayApi = settings.base.gatewayAPI === 'missing' && !(await hasForeignGatewayApi(server))
  const objects = installation(settings, gatewayApi).flatMap(wave => wave.objects)
  return inParallel(objects, async object => ({ object, problem: await problemOf(server, object) }))
}

async function problemOf(server: ApiServer, object: Manifest): Promise<string | undefined> {
  const path = objectPath(object)
  const found = await lookUp(server, path)
  if (found === undefined) return 'it does not exist'
  if (textAt(found, 'metadata', 'deletionTimestamp') !== '') return 'it is being deleted'
  if (isForeignKind(object, found)) return undefined
  // What applying it again would change is what has been changed since. Who may only read can at least see whether it works.
  const changed = await wouldChange(server, object).catch((error: unknown) => {
    if (isApiError(error, 403)) return false
    throw error
  })
  if (changed) return 'it was changed since it was installed; "mizzen install" with the same settings brings it back'
  return notReady(server, object)
}
