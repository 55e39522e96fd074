/**
 * What the control plane and the gateways may do in a cluster: as little as they need. Each rule says what it is for; the reasons go into an
 * annotation of the role, so that who reviews the cluster finds them there.
 */
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'

interface Rule {
  /** What the control plane cannot do without it. */
  readonly why: string
  readonly groups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly names?: readonly string[]
}

const READ = ['get', 'list', 'watch'] as const
const OWN = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const

const CLUSTER_RULES: readonly Rule[] = [
  {
    why: 'discovery: which services there are, which pods stand behind them, in which zone their nodes are',
    groups: [''],
    resources: ['services', 'endpoints', 'pods', 'nodes', 'namespaces', 'serviceaccounts'],
    verbs: READ,
  },
  { why: 'discovery: the addresses of services', groups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  {
    why: 'which kinds of the mesh this cluster has, and in which version',
    groups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    verbs: READ,
  },
  {
    why: 'the configuration of the mesh',
    groups: ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io', 'mizzen.dev'],
    resources: ['*'],
    verbs: READ,
  },
  {
    why: 'what became of a configuration is written into its status',
    groups: ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io', 'mizzen.dev'],
    resources: ['*/status'],
    verbs: ['get', 'update', 'patch'],
  },
  {
    why: 'machines outside the cluster that join a WorkloadGroup are registered',
    groups: ['networking.istio.io'],
    resources: ['workloadentries'],
    verbs: ['create', 'update', 'patch', 'delete'],
  },
  {
    why: 'the Gateway API: its gateways and routes',
    groups: ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io', 'inference.networking.k8s.io'],
    resources: ['*'],
    verbs: READ,
  },
  {
    why: 'the Gateway API asks for conditions, addresses and counts in the status',
    groups: ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io', 'inference.networking.k8s.io'],
    resources: ['*/status'],
    verbs: ['get', 'update', 'patch'],
  },
  {
    why: 'the classes of gateways that mizzen serves are made by it',
    groups: ['gateway.networking.k8s.io'],
    resources: ['gatewayclasses'],
    verbs: ['create', 'update', 'patch', 'delete'],
  },
  {
    why: 'Ingresses are served, and told their address',
    groups: ['networking.k8s.io'],
    resources: ['ingresses', 'ingressclasses'],
    verbs: READ,
  },
  {
    why: 'Ingresses are told their address',
    groups: ['networking.k8s.io'],
    resources: ['ingresses/status'],
    verbs: ['get', 'update', 'patch'],
  },
  {
    why: 'a Gateway of the Gateway API gets its Deployment, Service and service account from the control plane',
    groups: ['apps'],
    resources: ['deployments'],
    verbs: OWN,
  },
  {
    why: 'a Gateway of the Gateway API gets its Deployment, Service and service account from the control plane',
    groups: [''],
    resources: ['services', 'serviceaccounts'],
    verbs: OWN,
  },
  {
    why: 'a Gateway of the Gateway API may ask for an autoscaler and a disruption budget',
    groups: ['autoscaling'],
    resources: ['horizontalpodautoscalers'],
    verbs: OWN,
  },
  {
    why: 'a Gateway of the Gateway API may ask for an autoscaler and a disruption budget',
    groups: ['policy'],
    resources: ['poddisruptionbudgets'],
    verbs: OWN,
  },
  {
    why: "certificates that gateways name; who asks for one is checked against the asking pod's own rights",
    groups: [''],
    resources: ['secrets'],
    verbs: READ,
  },
  {
    why: 'whether a gateway may read the secret that it asks for',
    groups: ['authorization.k8s.io'],
    resources: ['subjectaccessreviews'],
    verbs: ['create'],
  },
  {
    why: 'whose token a proxy shows when it asks for its certificate',
    groups: ['authentication.k8s.io'],
    resources: ['tokenreviews'],
    verbs: ['create'],
  },
  {
    why: 'every namespace gets the root certificate in the ConfigMap istio-ca-root-cert, by which its proxies know the control plane',
    groups: [''],
    resources: ['configmaps'],
    verbs: [...READ, 'create', 'update', 'patch'],
  },
  {
    why: 'the webhooks are told by which certificate they know the control plane, again when it is renewed',
    groups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    verbs: [...READ, 'update', 'patch'],
  },
  {
    why: 'trust bundles that configuration names',
    groups: ['certificates.k8s.io'],
    resources: ['clustertrustbundles'],
    verbs: READ,
  },
]

/** In the control plane's own namespace. */
const OWN_RULES: readonly Rule[] = [
  {
    why: 'one of the replicas writes status and makes gateways: they agree on it by a Lease',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: [...READ, 'create', 'update', 'patch'],
  },
  {
    why: "the mesh's certificate authority is kept in a Secret, so that all replicas and all restarts have the same",
    groups: [''],
    resources: ['secrets'],
    verbs: [...READ, 'create', 'update', 'patch', 'delete'],
  },
  {
    why: 'what went wrong is told as an Event',
    groups: ['', 'events.k8s.io'],
    resources: ['events'],
    verbs: ['create', 'patch'],
  },
]

const REASONS = 'mizzen.dev/reasons'

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
    role('ClusterRole', { name: names.clusterRole, labels }, CLUSTER_RULES),
    binding('ClusterRole', names.clusterRole, { name: names.clusterRole, labels }, subject),
    role('Role', { name: names.controlPlane, namespace, labels }, OWN_RULES),
    binding('Role', names.controlPlane, { name: names.controlPlane, namespace, labels }, subject),
  ]
}

/** Empty where pods need no secret to pull their image. */
export function pullSecrets({ global }: Settings): { imagePullSecrets?: { name: string }[] } {
  return global.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: global.imagePullSecrets.map(name => ({ name })) }
}

/** @param gateway name of its Deployment */
export function gatewayAccess(settings: Settings, gateway: string, labels: Readonly<Record<string, string>>): Manifest[] {
  const namespace = settings.global.istioNamespace
  const account = `${gateway}-service-account`
  const rules: Rule[] = [
    {
      why: 'it asks the control plane for the certificates in its namespace, and may',
      groups: [''],
      resources: ['secrets'],
      verbs: READ,
    },
  ]
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels }, ...pullSecrets(settings) },
    role('Role', { name: `${gateway}-sds`, namespace, labels }, rules),
    binding('Role', `${gateway}-sds`, { name: `${gateway}-sds`, namespace, labels }, [
      { kind: 'ServiceAccount', name: account, namespace },
    ]),
  ]
}

type Metadata = Manifest['metadata']

function role(kind: 'Role' | 'ClusterRole', metadata: Metadata, rules: readonly Rule[]): Manifest {
  const reasons = rules.map(
    ({ groups, resources, why }) => `${groups.map(each => each || 'core').join(',')} ${resources.join(',')}: ${why}`,
  )
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { ...metadata, annotations: { [REASONS]: reasons.join('\n') } },
    rules: rules.map(({ groups, resources, verbs, names }) => ({
      apiGroups: groups,
      resources,
      verbs,
      ...(names && { resourceNames: names }),
    })),
  }
}

function binding(kind: 'Role' | 'ClusterRole', name: string, metadata: Metadata, subjects: readonly unknown[]): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects,
  }
}
