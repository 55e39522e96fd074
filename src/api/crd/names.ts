/** How kubectl knows the kinds: short names and columns, as Istio's and the Gateway API's own CRDs have them. */
import type { KindId } from '../registry.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'date' | 'integer'
  readonly jsonPath: string
  readonly description?: string
}

export interface Names {
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly columns?: readonly Column[]
  /** The version that is stored. @default the first of the kind */
  readonly storage?: string
  /** Whether its status is written apart from its spec. @default true */
  readonly hasStatus?: boolean
  /** Whether an object without spec is one with an empty spec. @default false */
  readonly mayLackSpec?: boolean
}

const column = (name: string, jsonPath: string, description: string): Column => ({ name, type: 'string', jsonPath, description })
const condition = (name: string): Column => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${name}")].status`,
})
const hostnames = column('Hostnames', '.spec.hostnames', 'names that the route is for')
const service = column('Host', '.spec.host', 'the service')

/** Every kind that has a CRD of ours. */
export const NAMES = {
  VirtualService: {
    plural: 'virtualservices',
    shortNames: ['vs'],
    mayLackSpec: true,
    columns: [
      column('Gateways', '.spec.gateways', 'gateways, or the mesh, whose requests follow the routes'),
      column('Hosts', '.spec.hosts', 'names that clients address'),
    ],
  },
  DestinationRule: { plural: 'destinationrules', shortNames: ['dr'], columns: [service] },
  Gateway: { plural: 'gateways', shortNames: ['gw'], mayLackSpec: true },
  ServiceEntry: {
    plural: 'serviceentries',
    shortNames: ['se'],
    columns: [
      column('Hosts', '.spec.hosts', 'names of the service'),
      column('Location', '.spec.location', 'whether the service is part of the mesh (MESH_EXTERNAL or MESH_INTERNAL)'),
      column('Resolution', '.spec.resolution', 'how its endpoints are found (NONE, STATIC, DNS or DNS_ROUND_ROBIN)'),
    ],
  },
  WorkloadEntry: {
    plural: 'workloadentries',
    shortNames: ['we'],
    columns: [column('Address', '.spec.address', 'address of the workload')],
  },
  WorkloadGroup: { plural: 'workloadgroups', shortNames: ['wg'] },
  Sidecar: { plural: 'sidecars', mayLackSpec: true },
  EnvoyFilter: { plural: 'envoyfilters', mayLackSpec: true },
  ProxyConfig: { plural: 'proxyconfigs', mayLackSpec: true },
  PeerAuthentication: {
    plural: 'peerauthentications',
    shortNames: ['pa'],
    mayLackSpec: true,
    columns: [column('Mode', '.spec.mtls.mode', 'what is asked of clients: DISABLE, PERMISSIVE or STRICT')],
  },
  RequestAuthentication: { plural: 'requestauthentications', shortNames: ['ra'], mayLackSpec: true },
  AuthorizationPolicy: {
    plural: 'authorizationpolicies',
    shortNames: ['ap'],
    mayLackSpec: true,
    columns: [column('Action', '.spec.action', 'what happens to requests that match')],
  },
  Telemetry: { plural: 'telemetries', shortNames: ['telemetry'], storage: 'v1alpha1', mayLackSpec: true },
  WasmPlugin: { plural: 'wasmplugins' },
  TrafficExtension: { plural: 'trafficextensions' },
  GatewayClass: {
    plural: 'gatewayclasses',
    shortNames: ['gc'],
    columns: [column('Controller', '.spec.controllerName', 'who serves Gateways of this class'), condition('Accepted')],
  },
  KubernetesGateway: {
    plural: 'gateways',
    shortNames: ['gtw'],
    columns: [
      column('Class', '.spec.gatewayClassName', 'the GatewayClass'),
      column('Address', '.status.addresses[*].value', 'where it can be reached'),
      condition('Programmed'),
    ],
  },
  ListenerSet: { plural: 'listenersets', shortNames: ['lset'], columns: [condition('Accepted'), condition('Programmed')] },
  HTTPRoute: { plural: 'httproutes', columns: [hostnames] },
  GRPCRoute: { plural: 'grpcroutes', columns: [hostnames] },
  TLSRoute: { plural: 'tlsroutes', columns: [hostnames] },
  TCPRoute: { plural: 'tcproutes' },
  UDPRoute: { plural: 'udproutes' },
  ReferenceGrant: { plural: 'referencegrants', shortNames: ['refgrant'], storage: 'v1beta1', hasStatus: false },
  BackendTLSPolicy: { plural: 'backendtlspolicies', shortNames: ['btlspolicy'] },
  RateLimit: {
    plural: 'ratelimits',
    columns: [service, column('Rate', '.spec.rate', 'the sustained rate'), column('Scope', '.spec.scope', 'who counts together')],
  },
  CircuitBreaker: { plural: 'circuitbreakers', columns: [service] },
  Retry: { plural: 'retries', columns: [service] },
  LoadBalancingRule: { plural: 'loadbalancingrules', columns: [service] },
  WeightedDestinationRule: { plural: 'weighteddestinationrules', columns: [service] },
  HealthCheck: { plural: 'healthchecks', columns: [service] },
  VirtualGateway: { plural: 'virtualgateways' },
  HTTPProxy: { plural: 'httpproxies', columns: [service] },
  GRPCProxy: { plural: 'grpcproxies', columns: [service] },
  AlertRule: { plural: 'alertrules' },
  TypeScriptFilter: {
    plural: 'typescriptfilters',
    columns: [column('Traffic', '.spec.traffic', 'which requests of its workloads it sees')],
  },
} as const satisfies Partial<Record<KindId, Names>>

export type DefinedKind = keyof typeof NAMES
