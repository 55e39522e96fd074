/** The ConfigMaps and Secrets of a namespace as containers read them. */
import type { Snapshot } from '../../../source/store.ts'
import type { EnvSources } from '../env/resolve.ts'

export interface References {
  configMap(name: string): ReadonlyMap<string, string> | undefined
  secret(name: string): ReadonlyMap<string, string> | undefined
}

export function referencesOf(objects: Snapshot['objects'], namespace: string): References {
  return {
    configMap(name) {
      const found = objects.ConfigMap.find(object => object.name === name && object.namespace === namespace)
      return found && new Map(Object.entries(found.spec.data ?? {}))
    },
    secret(name) {
      const found = objects.Secret.find(object => object.name === name && object.namespace === namespace)
      if (!found) return undefined
      const decoded = Object.entries(found.spec.data ?? {}).map(
        ([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const,
      )
      return new Map([...decoded, ...Object.entries(found.spec.stringData ?? {})])
    },
  }
}

/** Everything that a container's environment reads from elsewhere: when it changes, the pod is started anew. */
export function referredValues({ env = [], envFrom = [] }: EnvSources, references: References): unknown[] {
  const values = (map: ReadonlyMap<string, string> | undefined) => map && [...map]
  return [
    ...envFrom.map(({ configMapRef, secretRef }) => [
      configMapRef && values(references.configMap(configMapRef.name ?? '')),
      secretRef && values(references.secret(secretRef.name ?? '')),
    ]),
    ...env.map(({ valueFrom: { configMapKeyRef, secretKeyRef } = {} }) => [
      configMapKeyRef && references.configMap(configMapKeyRef.name ?? '')?.get(configMapKeyRef.key),
      secretKeyRef && references.secret(secretKeyRef.name ?? '')?.get(secretKeyRef.key),
    ]),
  ]
}
