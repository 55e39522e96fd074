/**
 * Injection of a whole object as it stands in a file: finds the pod in it, whatever its kind, and puts the injected pod in its place. Objects without a
 * pod are returned as they are.
 */
import { type Fields, fieldsOf, isFields, listOf, textOf } from './fields.ts'
import { injectPod } from './inject.ts'
import { workloadOf } from './owner.ts'
import { asPod } from './pod.ts'
import type { InjectionSettings, NamespaceFacts } from './settings.ts'

/** Where a kind has its pod. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  DeploymentConfig: ['spec', 'template'],
  Job: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Rollout: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  Pod: [],
}

export interface ObjectInjection {
  readonly object: unknown
  /** Why pods were left as they are; a sentence each. */
  readonly skipped: readonly string[]
}

/**
 * @param namespaceOf what is known of a namespace; the object's own, or "default"
 * @throws InjectionError naming the object
 */
export function injectObject(
  object: unknown,
  settings: InjectionSettings,
  namespaceOf: (name: string) => NamespaceFacts = name => ({ name }),
): ObjectInjection {
  if (!isFields(object)) return { object, skipped: [] }
  const kind = textOf(object['kind'])
  if (kind.endsWith('List') && Array.isArray(object['items'])) {
    const items = listOf(object['items']).map(item => injectObject(item, settings, namespaceOf))
    return { object: { ...object, items: items.map(item => item.object) }, skipped: items.flatMap(item => item.skipped) }
  }
  const path = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined
  if (path === undefined) return { object, skipped: [] }
  const place = path.reduce<unknown>((value, name) => fieldsOf(value)[name], object)
  if (!isFields(place)) return { object, skipped: [] }
  return injectInto(object, kind, path, place, settings, namespaceOf)
}

function injectInto(
  object: Fields,
  kind: string,
  path: readonly string[],
  place: Fields,
  settings: InjectionSettings,
  namespaceOf: (name: string) => NamespaceFacts,
): ObjectInjection {
  const metadata = fieldsOf(object['metadata'])
  const name = textOf(metadata['name']) || textOf(metadata['generateName'])
  const pod = asPod(place, `${kind} "${name}"`)
  const namespace = textOf(metadata['namespace']) || pod.metadata.namespace || ''
  const workload =
    kind === 'Pod' ? workloadOf(pod, namespace) : { name, namespace, apiVersion: textOf(object['apiVersion']), kind }
  // A pod template has no name nor namespace of its own; injection goes by the object's.
  const result = injectPod({ pod, namespace: namespaceOf(namespace || 'default'), workload, settings })
  if (result.kind === 'skipped') return { object, skipped: [`Skipping injection because ${kind} "${name}" ${result.reason}`] }
  const { metadata: podMetadata, spec, ...rest } = result.pod
  return { object: putAt(object, path, { ...rest, metadata: podMetadata, spec }), skipped: [] }
}

function putAt(object: Fields, path: readonly string[], value: Fields): Fields {
  const [step, ...rest] = path
  return step === undefined ? value : { ...object, [step]: putAt(fieldsOf(object[step]), rest, value) }
}
