/** What the injection webhook is told: the installation's values and mesh configuration, from the ConfigMaps of the root namespace, as they are now. */
import { parse } from 'yaml'
import { Findings } from '../../api/findings.ts'
import { readMeshConfig } from '../../api/istio/meshconfig/read.ts'
import type { ConfigMap } from '../../api/registry.ts'
import { fieldsOf } from '../../kubernetes/inject/fields.ts'
import type { InjectionSettings, NamespaceFacts } from '../../kubernetes/inject/settings.ts'
import { layersOf } from '../../kubernetes/inject/value-layers.ts'
import { Values } from '../../kubernetes/inject/values.ts'
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Store } from '../../source/store.ts'

export interface InjectionOptions {
  readonly store: Store
  readonly rootNamespace: string
  /** '' where there is one installation only. */
  readonly revision: string
  /** Of the cluster: 34 for Kubernetes 1.34. */
  readonly minorVersion: number
}

/** From this minor version on init containers may keep running. */
const NATIVE_SIDECARS = 29

/** The ConfigMaps that it reads, by name: values, and MeshConfig. */
export function injectionConfigMaps(revision: string): { readonly values: string; readonly mesh: string } {
  const suffix = revision === '' || revision === 'default' ? '' : `-${revision}`
  return { values: `istio-sidecar-injector${suffix}`, mesh: `istio${suffix}` }
}

const settings = new IdentityMemo<InjectionSettings>()
const NOTHING = {}

export function injectionSettings(options: InjectionOptions): InjectionSettings {
  const { store, rootNamespace, revision } = options
  const { ConfigMap: configMaps, ProxyConfig: proxyConfigs } = store.snapshot().objects
  const names = injectionConfigMaps(revision)
  const find = (name: string) => configMaps.find(object => object.namespace === rootNamespace && object.name === name)
  const [values, mesh] = [find(names.values), find(names.mesh)]
  const inputs = [values ?? NOTHING, mesh ?? NOTHING, proxyConfigs, revision, rootNamespace, options.minorVersion]
  return settings.get(inputs, () => {
    const layers = layersOf([fieldsOf(parse(dataOf(values, 'values') || '{}'))])
    return {
      values: new Values({ ...withNamespace(layers.values, rootNamespace), revision }),
      // What is wrong with it, the mesh's own diagnostics tell.
      mesh: { rootNamespace, ...readMeshConfig(dataOf(mesh, 'mesh'), new Findings()) },
      revision: revision === '' ? 'default' : revision,
      nativeSidecars: options.minorVersion >= NATIVE_SIDECARS,
      proxyConfigs: proxyConfigs.map(({ namespace, spec }) => ({ namespace, spec })),
    }
  })
}

export function namespaceFacts({ store }: InjectionOptions, name: string): NamespaceFacts {
  const found = store.snapshot().objects.Namespace.find(object => object.name === name)
  return found ? { name, labels: found.labels, annotations: found.annotations } : { name }
}

/** Values that say nothing of it mean the namespace that they stand in. */
function withNamespace(values: ReturnType<typeof fieldsOf>, istioNamespace: string): ReturnType<typeof fieldsOf> {
  return { ...values, global: { istioNamespace, ...fieldsOf(values['global']) } }
}

function dataOf(object: ConfigMap | undefined, key: string): string {
  return object?.spec.data?.[key] ?? ''
}
