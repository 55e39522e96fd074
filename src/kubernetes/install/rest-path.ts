/** Where the API server keeps the kinds that an installation consists of. */
import { groupOf, type Manifest } from './manifest.ts'

interface Place {
  readonly apiVersion: string
  readonly plural: string
  readonly namespaced: boolean
}

/** In the order in which they are taken away: first what would ask a control plane that is going. */
export const PLACES = {
  MutatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
  ValidatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'validatingwebhookconfigurations',
    namespaced: false,
  },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers', namespaced: true },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets', namespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', plural: 'daemonsets', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', namespaced: true },
  Service: { apiVersion: 'v1', plural: 'services', namespaced: true },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', namespaced: true },
  Secret: { apiVersion: 'v1', plural: 'secrets', namespaced: true },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings', namespaced: true },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles', namespaced: true },
  ClusterRoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings', namespaced: false },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles', namespaced: false },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', namespaced: true },
  CustomResourceDefinition: { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions', namespaced: false },
  Namespace: { apiVersion: 'v1', plural: 'namespaces', namespaced: false },
} as const satisfies Readonly<Record<string, Place>>

export type InstalledKind = keyof typeof PLACES

export const INSTALLED_KINDS: readonly InstalledKind[] = Object.keys(PLACES).filter(isInstalledKind)

export function isInstalledKind(kind: string): kind is InstalledKind {
  return Object.hasOwn(PLACES, kind)
}

/** @param namespace undefined: of all namespaces, or of none */
export function listPath(kind: InstalledKind, namespace?: string): string {
  const { apiVersion, plural, namespaced } = PLACES[kind]
  const root = groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`
  return `${root}${namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''}/${plural}`
}

/** @throws Error for a kind that installations do not consist of */
export function objectPath({ kind, metadata: { namespace, name } }: Manifest): string {
  if (!isInstalledKind(kind)) throw new Error(`Cannot install a "${kind}": its path is not in rest-path.ts`)
  return `${listPath(kind, namespace)}/${name}`
}
