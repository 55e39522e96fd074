/** What an installation was asked for, kept in the cluster: `mizzen upgrade` and `mizzen verify-install` start from it. */
import { parse, stringify } from 'yaml'
import type { ApiServer } from '../client/api-server.ts'
import { at, textAt } from '../client/raw-object.ts'
import { lookUp } from './apply.ts'
import type { Manifest } from './manifest.ts'
import type { Names } from './names.ts'

export interface InstallRecord {
  /** Of mizzen, that installed. */
  readonly version: string
  readonly profile: string
  /** What was said beside the profile. */
  readonly settings: unknown
}

/** Recorded apart from the objects it is about: a ConfigMap of the revision. */
export function recordManifest(
  { namespace, controlPlane, labels }: Names,
  { version, profile, settings }: InstallRecord,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${controlPlane}-installation`, namespace, labels },
    data: { version, profile, settings: stringify(settings) },
  }
}

/** @returns undefined where this revision is not installed @throws (rejects) ApiError */
export async function readRecord(server: ApiServer, namespace: string, revision: string): Promise<InstallRecord | undefined> {
  const name = `mizzen${revision === '' || revision === 'default' ? '' : `-${revision}`}-installation`
  const found = await lookUp(server, `/api/v1/namespaces/${namespace}/configmaps/${name}`)
  if (found === undefined) return undefined
  const data = at(found, 'data')
  return { version: textAt(data, 'version'), profile: textAt(data, 'profile'), settings: parse(textAt(data, 'settings')) ?? {} }
}
