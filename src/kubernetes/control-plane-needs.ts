/**
 * What the control plane's process needs of a cluster: the rules of its roles, its ports and its environment. The manifests are made from this, and the
 * message about a missing rule names one of these.
 */

/** A rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1). */
export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

const READ = ['get', 'list', 'watch'] as const
const WRITE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const

/** Whose objects are read, and whose status is written. */
const MESH_GROUPS = [
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'mizzen.dev',
  'gateway.networking.k8s.io',
  'gateway.networking.x-k8s.io',
] as const

/** In the whole cluster. */
export const CLUSTER_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['namespaces', 'nodes', 'services', 'pods', 'secrets'], verbs: READ },
  // The root certificate is written into every namespace.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['get', 'update', 'patch'] },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
  { apiGroups: MESH_GROUPS, resources: ['*'], verbs: [...READ, 'update', 'patch'] },
  { apiGroups: ['inference.networking.k8s.io'], resources: ['inferencepools'], verbs: READ },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    verbs: [...READ, 'update', 'patch'],
  },
]

/** For the Gateways of the Gateway API that get a Deployment and a Service of their own, wherever they stand. */
export const GATEWAY_RULES: readonly PolicyRule[] = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: WRITE },
  { apiGroups: [''], resources: ['services', 'serviceaccounts'], verbs: WRITE },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: WRITE },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: WRITE },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['gatewayclasses'], verbs: ['create', 'update', 'patch'] },
]

/** In the control plane's own namespace. */
export const NAMESPACE_RULES: readonly PolicyRule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: WRITE },
  // The authority; its keys must not be lost by a restart.
  { apiGroups: [''], resources: ['secrets'], verbs: WRITE },
]

/** Ports of the control plane's container, by the names they have in its Service. */
export const PORTS = {
  /** xDS and certificates, mutual TLS or a token. */
  xds: 15012,
  /** Webhooks, HTTPS. */
  webhook: 15017,
  /** /ready, /metrics, /debug/... */
  monitoring: 15014,
} as const

/** Paths of the webhook server. */
export const WEBHOOK_PATHS = { inject: '/inject', validate: '/validate' } as const

/** Environment variables that it reads; all may be missing. */
export const ENVIRONMENT = {
  /** By the downward API: the namespace it lives in, which is the mesh's root namespace. */
  namespace: 'POD_NAMESPACE',
  /** By the downward API: its name as a candidate for leadership. */
  pod: 'POD_NAME',
  /** Which of several installations it is; "" or "default" is the first. */
  revision: 'REVISION',
  /** Name of the ConfigMap with the root certificate in every namespace; as Istio calls it. */
  trustBundle: 'PILOT_CA_CERT_CONFIGMAP',
  /** The one controller of gateway classes that it is, beside other control planes; as Istio calls it. */
  gatewayController: 'PILOT_GATEWAY_API_CONTROLLER_NAME',
} as const
