/** The mesh's configuration: ConfigMap "istio" with MeshConfig, and the settings of injection. */
import { stringify } from 'yaml'
import type { Manifest } from '../manifest.ts'
import { merge } from '../merge.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'

export function configMaps(settings: Settings, names: Names): Manifest[] {
  const { namespace, labels } = names
  const map = (name: string, data: Readonly<Record<string, string>>): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  })
  return [
    map(names.meshConfigMap, {
      mesh: stringify(meshConfig(settings, names)),
      meshNetworks: stringify({ networks: settings.meshNetworks }),
    }),
    map(names.injectorConfigMap, { values: `${JSON.stringify(injectorValues(settings), undefined, 2)}\n` }),
  ]
}

/** What the user said, over what follows from the installation. */
function meshConfig(settings: Settings, names: Names): unknown {
  const { namespace } = names
  return merge(
    {
      rootNamespace: namespace,
      trustDomain: 'cluster.local',
      defaultConfig: { discoveryAddress: `${names.service}.${namespace}.svc:15012` },
    },
    settings.meshConfig,
  )
}

/** In the shape of Istio's ConfigMap, which tools read. */
function injectorValues({ revision, global, pilot, cni, sidecarInjectorWebhook }: Settings): unknown {
  const chosen = { ...pilot.cni, ...(cni.enabled && { enabled: true }) }
  return { revision, global, pilot: { cni: chosen }, sidecarInjectorWebhook }
}
