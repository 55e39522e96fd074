/**
 * Names and labels of an installation. What pods, other tools and people's files know by name is called as in Istio: the root namespace
 * istio-system, the Service "istiod", the ConfigMaps "istio" and "istio-sidecar-injector", the webhook configurations, the gateways. What only
 * an operator of the cluster meets (Deployment, service account, roles) is called mizzen, so that it can be seen who is running.
 */
import type { Settings } from './settings.ts'

export interface Names {
  readonly namespace: string
  /** "default" where no revision is named. */
  readonly revision: string
  /** Of the Deployment, the service account, the autoscaler. */
  readonly controlPlane: string
  /** By this Service proxies and the API server reach the control plane. */
  readonly service: string
  readonly meshConfigMap: string
  readonly injectorConfigMap: string
  readonly injectorWebhook: string
  readonly validatorWebhook: string
  /** Of a cluster-wide role; it names the namespace, because a cluster can have two meshes. */
  readonly clusterRole: string
  /** On everything that a revision consists of. */
  readonly labels: Readonly<Record<string, string>>
}

/** Which revision an object was installed by: what `uninstall` and the clearing up after an upgrade go by. */
export const OWNER_LABEL = 'install.mizzen.dev/revision'
/** On what all revisions share (namespace, kinds): taken away by `uninstall --purge` only. */
export const SHARED = 'shared'
/** The namespace of the installation, on cluster-wide objects. */
export const NAMESPACE_LABEL = 'install.mizzen.dev/namespace'

export function namesOf({ revision, global: { istioNamespace: namespace } }: Settings): Names {
  const suffix = revision === '' ? '' : `-${revision}`
  const label = revision === '' ? 'default' : revision
  return {
    namespace,
    revision: label,
    controlPlane: `mizzen${suffix}`,
    service: `istiod${suffix}`,
    meshConfigMap: `istio${suffix}`,
    injectorConfigMap: `istio-sidecar-injector${suffix}`,
    injectorWebhook: `istio-sidecar-injector${suffix}${namespace === 'istio-system' ? '' : `-${namespace}`}`,
    validatorWebhook: `istio-validator${suffix}-${namespace}`,
    clusterRole: `mizzen${suffix}-${namespace}`,
    labels: {
      'app.kubernetes.io/name': 'mizzen',
      'app.kubernetes.io/part-of': 'mizzen',
      'istio.io/rev': label,
      [OWNER_LABEL]: label,
      [NAMESPACE_LABEL]: namespace,
    },
  }
}

/** The same for every installation: what is shared would change with each of them otherwise. */
export const SHARED_LABELS = { 'app.kubernetes.io/part-of': 'mizzen', [OWNER_LABEL]: SHARED } as const
