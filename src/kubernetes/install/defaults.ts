/** What is installed when nothing is said, and how the profiles differ from it. */
import type { InstalledGateway, Settings, WorkloadSettings } from './settings.ts'

/** Without requests: these differ. */
function workload(): Omit<WorkloadSettings, 'resources'> {
  return {
    replicaCount: 2,
    autoscaleEnabled: true,
    autoscaleMin: 2,
    autoscaleMax: 5,
    cpu: { targetAverageUtilization: 80 },
    env: {},
    nodeSelector: {},
    tolerations: [],
    affinity: {},
    topologySpreadConstraints: [],
    podLabels: {},
    podAnnotations: {},
    serviceAnnotations: {},
  }
}

function gateway(role: 'ingress' | 'egress'): Omit<InstalledGateway, 'enabled' | 'type' | 'ports'> {
  const name = `istio-${role}gateway`
  return {
    ...workload(),
    name,
    labels: { app: name, istio: `${role}gateway` },
    externalTrafficPolicy: '',
    loadBalancerIP: '',
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
  }
}

const WEB_PORTS = [
  { name: 'http2', port: 80, targetPort: 8080 },
  { name: 'https', port: 443, targetPort: 8443 },
]

/** @param version of mizzen: the tag of its images */
export function defaultSettings(version: string): Settings {
  return {
    revision: '',
    global: {
      hub: 'docker.io/mizzen',
      tag: version,
      trustBundleName: 'istio-ca-root-cert',
      imagePullPolicy: '',
      imagePullSecrets: [],
      istioNamespace: 'istio-system',
      priorityClassName: '',
      meshID: '',
      network: '',
      multiCluster: { clusterName: 'Kubernetes' },
      proxy: {
        image: 'mizzen',
        envoyImage: 'proxy-envoy',
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } },
      },
      proxy_init: {},
    },
    pilot: {
      ...workload(),
      enabled: true,
      image: 'mizzen',
      resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '2Gi' } },
    },
    sidecarInjectorWebhook: {
      enableNamespacesByDefault: false,
      rewriteAppHTTPProbe: true,
      neverInjectSelector: [],
      alwaysInjectSelector: [],
      injectedAnnotations: {},
      reinvocationPolicy: 'Never',
      failurePolicy: 'Fail',
    },
    cni: { enabled: false, cniBinDir: '/opt/cni/bin', cniConfDir: '/etc/cni/net.d', excludeNamespaces: 'kube-system' },
    base: { installCRDs: true, gatewayAPI: 'missing', validationFailurePolicy: 'Fail' },
    meshConfig: {},
    meshNetworks: {},
    gateways: {
      'istio-ingressgateway': {
        ...gateway('ingress'),
        enabled: true,
        type: 'LoadBalancer',
        ports: [{ name: 'status-port', port: 15021, targetPort: 15021 }, ...WEB_PORTS],
      },
      'istio-egressgateway': { ...gateway('egress'), enabled: false, type: 'ClusterIP', ports: [...WEB_PORTS] },
    },
  }
}

const SINGLE = { autoscaleEnabled: false, replicaCount: 1, resources: { requests: { cpu: '10m', memory: '96Mi' } } }

export interface Profile {
  readonly summary: string
  /** Part of a tree of settings. */
  readonly settings: Readonly<Record<string, unknown>>
}

export const PROFILES = {
  default: { summary: 'two replicas of the control plane, an ingress gateway', settings: {} },
  demo: {
    summary:
      'to try it out: one replica of everything with small requests, ingress and egress gateway, access logs, every request traced',
    settings: {
      global: { proxy: { resources: { requests: { cpu: '10m', memory: '64Mi' } } } },
      pilot: SINGLE,
      gateways: { 'istio-ingressgateway': SINGLE, 'istio-egressgateway': { ...SINGLE, enabled: true } },
      meshConfig: { accessLogFile: '/dev/stdout', defaultConfig: { tracing: { sampling: 100 } } },
    },
  },
  minimal: {
    summary: 'the control plane, and no gateway',
    settings: { gateways: { 'istio-ingressgateway': { enabled: false } } },
  },
  'ambient-ready': {
    summary: "the control plane and the Gateway API's kinds: gateways are made by Gateway objects, none beforehand",
    settings: { base: { gatewayAPI: 'missing' }, gateways: { 'istio-ingressgateway': { enabled: false } } },
  },
  empty: {
    summary: 'nothing but the kinds: what else is wanted is said with --set',
    settings: { pilot: { enabled: false }, gateways: { 'istio-ingressgateway': { enabled: false } } },
  },
} as const satisfies Readonly<Record<string, Profile>>

export type ProfileName = keyof typeof PROFILES

export function isProfile(word: string): word is ProfileName {
  return Object.hasOwn(PROFILES, word)
}
