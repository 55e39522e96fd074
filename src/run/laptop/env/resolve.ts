/**
 * A container's environment, as the kubelet would make it: envFrom, then env in order, each value expanded with what precedes it.
 * Pure: ConfigMaps, Secrets and the pod's own fields are given.
 */
import { expand } from './expand.ts'

/** The parts of Kubernetes' Container that make the environment. */
export interface EnvSources {
  readonly envFrom?: readonly EnvFromSource[] | undefined
  readonly env?: readonly EnvVar[] | undefined
}

export interface EnvFromSource {
  readonly prefix?: string | undefined
  readonly configMapRef?: ObjectRef | undefined
  readonly secretRef?: ObjectRef | undefined
}

export interface EnvVar {
  readonly name: string
  readonly value?: string | undefined
  readonly valueFrom?: EnvVarSource | undefined
}

export interface EnvVarSource {
  readonly fieldRef?: { readonly fieldPath: string } | undefined
  readonly configMapKeyRef?: KeyRef | undefined
  readonly secretKeyRef?: KeyRef | undefined
  readonly resourceFieldRef?: { readonly resource: string } | undefined
}

interface ObjectRef {
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

interface KeyRef extends ObjectRef {
  readonly key: string
}

/** The pod that the downward API speaks of. */
export interface PodFields {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly podIP: string
  readonly hostIP: string
  readonly nodeName: string
}

export interface EnvContext {
  readonly pod: PodFields
  /** `data` of the ConfigMap of that name in the pod's namespace; undefined: there is none. */
  configMap(name: string): ReadonlyMap<string, string> | undefined
  /** Decoded `data` and `stringData` of the Secret of that name in the pod's namespace. */
  secret(name: string): ReadonlyMap<string, string> | undefined
  /** Variables that are there before the manifest's own: service variables, PORT. */
  readonly base: ReadonlyMap<string, string>
  /** The last word on each of the manifest's values (an assigned port, a forwarded address). */
  rewrite(name: string, value: string): string
}

export interface ResolvedEnv {
  /** Without `base` values that the manifest replaced. */
  readonly variables: ReadonlyMap<string, string>
  /** Why the container cannot start: one sentence each; empty when it can. */
  readonly problems: readonly string[]
}

export function resolveEnv(sources: EnvSources, context: EnvContext): ResolvedEnv {
  const variables = new Map(context.base)
  const problems: string[] = []
  for (const source of sources.envFrom ?? []) {
    for (const [key, value] of valuesOf(source, context, problems)) {
      variables.set(key, context.rewrite(key, value))
    }
  }
  for (const { name, value, valueFrom } of sources.env ?? []) {
    if (valueFrom === undefined) {
      variables.set(name, context.rewrite(name, expand(value ?? '', variables)))
      continue
    }
    const found = referredValue(valueFrom, context)
    if ('problem' in found) problems.push(`Cannot set env "${name}": ${found.problem}`)
    else if (found.value !== undefined) variables.set(name, context.rewrite(name, found.value))
  }
  return { variables, problems }
}

function valuesOf(source: EnvFromSource, context: EnvContext, problems: string[]): [key: string, value: string][] {
  const { prefix = '', configMapRef, secretRef } = source
  const all: [string, string][] = []
  for (const [kind, ref, find] of [
    ['ConfigMap', configMapRef, context.configMap],
    ['Secret', secretRef, context.secret],
  ] as const) {
    if (!ref) continue
    const data = find(ref.name ?? '')
    if (data) for (const [key, value] of data) all.push([prefix + key, value])
    else if (!ref.optional) problems.push(`Cannot read envFrom: there is no ${kind} "${context.pod.namespace}/${ref.name ?? ''}"`)
  }
  return all
}

/** `value: undefined`: an optional reference to nothing. */
function referredValue(source: EnvVarSource, context: EnvContext): { value: string | undefined } | { problem: string } {
  if (source.configMapKeyRef) return keyOf('ConfigMap', source.configMapKeyRef, context.configMap, context)
  if (source.secretKeyRef) return keyOf('Secret', source.secretKeyRef, context.secret, context)
  if (source.fieldRef) return fieldOf(source.fieldRef.fieldPath, context.pod)
  if (source.resourceFieldRef) {
    return {
      problem: `resourceFieldRef "${source.resourceFieldRef.resource}" has no meaning on this machine, expected a plain value`,
    }
  }
  return { problem: 'valueFrom is empty, expected fieldRef, configMapKeyRef or secretKeyRef' }
}

function keyOf(
  kind: string,
  ref: KeyRef,
  find: EnvContext['configMap'],
  context: EnvContext,
): { value: string | undefined } | { problem: string } {
  const data = find(ref.name ?? '')
  const value = data?.get(ref.key)
  if (value !== undefined || ref.optional) return { value }
  const object = `${kind} "${context.pod.namespace}/${ref.name ?? ''}"`
  if (!data) return { problem: `there is no ${object}` }
  return {
    problem: `${object} has no key "${ref.key}", expected one of ${[...data.keys()].map(key => `"${key}"`).join(', ') || 'none: it is empty'}`,
  }
}

/** Downward API, Kubernetes API reference, ObjectFieldSelector. */
function fieldOf(path: string, pod: PodFields): { value: string } | { problem: string } {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (subscript) {
    const [, map, key = ''] = subscript
    return { value: (map === 'labels' ? pod.labels : pod.annotations)[key] ?? '' }
  }
  const value = FIELDS[path]?.(pod)
  if (value !== undefined) return { value }
  return {
    problem: `there is no field "${path}", expected metadata.labels['<key>'], metadata.annotations['<key>'] or one of ${Object.keys(FIELDS).join(', ')}`,
  }
}

const FIELDS: Readonly<Record<string, (pod: PodFields) => string>> = {
  'metadata.name': pod => pod.name,
  'metadata.namespace': pod => pod.namespace,
  'metadata.uid': pod => pod.uid,
  'spec.nodeName': pod => pod.nodeName,
  'spec.serviceAccountName': pod => pod.serviceAccount,
  'status.hostIP': pod => pod.hostIP,
  'status.hostIPs': pod => pod.hostIP,
  'status.podIP': pod => pod.podIP,
  'status.podIPs': pod => pod.podIP,
}
