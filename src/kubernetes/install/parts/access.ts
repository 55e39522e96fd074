/**
 * What the control plane and the gateways may do in a cluster: what control-plane-needs.ts says, and no more. Each rule has its reason, which
 * goes into an annotation of the role, so that who reviews the cluster finds it there.
 */
import { CLUSTER_RULES, GATEWAY_RULES, NAMESPACE_RULES, type PolicyRule } from '../../control-plane-needs.ts'
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'

const GATEWAY =
  'a Gateway of the Gateway API gets its Deployment, Service and service account, and the autoscaler and budget it asks for'
const WEBHOOKS = 'the webhooks are told by which certificate they know the control plane, again when it is renewed'
const CONFIGURATION = 'the configuration of the mesh is read, and what became of it is written into its status'

/** By resource, and by "group/resource" where the resource alone says too little. */
const REASONS: Readonly<Record<string, string>> = {
  namespaces: 'labels of namespaces choose who is in the mesh',
  nodes: 'in which zone a pod runs',
  services: 'which services there are',
  pods: 'which pods stand behind services, and as whom they run',
  endpoints: 'addresses of services',
  endpointslices: 'addresses of services',
  secrets: 'certificates that gateways name',
  configmaps:
    "the mesh's settings are read, and every namespace gets the root certificate by which its proxies know the control plane",
  ingresses: 'Ingresses are served',
  ingressclasses: 'Ingresses are served',
  'ingresses/status': 'Ingresses are told their address',
  customresourcedefinitions: 'which kinds of the mesh this cluster has, and in which version',
  '*': CONFIGURATION,
  '*/status': CONFIGURATION,
  inferencepools: CONFIGURATION,
  gatewayclasses: 'the classes of gateways that mizzen serves are made by it',
  tokenreviews: 'whose token a proxy shows when it asks for its certificate',
  subjectaccessreviews: 'whether who asks for a certificate of a gateway may read it',
  mutatingwebhookconfigurations: WEBHOOKS,
  validatingwebhookconfigurations: WEBHOOKS,
  deployments: GATEWAY,
  serviceaccounts: GATEWAY,
  horizontalpodautoscalers: GATEWAY,
  poddisruptionbudgets: GATEWAY,
  leases: 'one of the replicas writes status and makes gateways: they agree on it by a Lease',
  events: 'what went wrong is told as an Event',
}

/** @returns '' where nobody has written one: a test says so */
export function reasonOf({ resources, verbs }: PolicyRule, own: boolean): string {
  if (own && resources.includes('secrets'))
    return "the mesh's authority is kept in a Secret, so that all replicas and all restarts have the same"
  if (resources.includes('services') && verbs.includes('create')) return GATEWAY
  const reasons = resources.map(resource => REASONS[resource] ?? '')
  return reasons.includes('') ? '' : [...new Set(reasons)].join('; ')
}

export function controlPlaneAccess(settings: Settings, names: Names): Manifest[] {
  const { namespace, labels } = names
  const subject = [{ kind: 'ServiceAccount', name: names.controlPlane, namespace }]
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: names.controlPlane, namespace, labels },
      ...pullSecrets(settings),
    },
    role('ClusterRole', { name: names.clusterRole, labels }, [...CLUSTER_RULES, ...GATEWAY_RULES]),
    binding('ClusterRole', names.clusterRole, { name: names.clusterRole, labels }, subject),
    role('Role', { name: names.controlPlane, namespace, labels }, NAMESPACE_RULES),
    binding('Role', names.controlPlane, { name: names.controlPlane, namespace, labels }, subject),
  ]
}

/** Empty where pods need no secret to pull their image. */
export function pullSecrets({ global }: Settings): { imagePullSecrets?: { name: string }[] } {
  return global.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: global.imagePullSecrets.map(name => ({ name })) }
}

/** A gateway asks the control plane for the certificates of its namespace, and may. @param gateway name of its Deployment */
export function gatewayAccess(settings: Settings, gateway: string, labels: Readonly<Record<string, string>>): Manifest[] {
  const namespace = settings.global.istioNamespace
  const account = `${gateway}-service-account`
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }]
  const metadata = { name: `${gateway}-sds`, namespace, labels }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels }, ...pullSecrets(settings) },
    role('Role', metadata, rules, false),
    binding('Role', metadata.name, metadata, [{ kind: 'ServiceAccount', name: account, namespace }]),
  ]
}

type Metadata = Manifest['metadata']

/** @param ownNamespace whether its rules are for the control plane's own namespace */
export function role(
  kind: 'Role' | 'ClusterRole',
  metadata: Metadata,
  rules: readonly PolicyRule[],
  ownNamespace = kind === 'Role',
): Manifest {
  const reasons = rules.map(rule => `${rule.resources.join(', ')}: ${reasonOf(rule, ownNamespace)}`)
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { ...metadata, annotations: { 'mizzen.dev/reasons': reasons.join('\n') } },
    rules,
  }
}

export function binding(kind: 'Role' | 'ClusterRole', name: string, metadata: Metadata, subjects: readonly unknown[]): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects,
  }
}
