/** All objects of one cluster, by kind. */
import type { Resource } from './resource.ts'

/** The kinds that analyzers look at; a kind is told apart by its group, whatever version the file says. */
const KINDS = {
  Namespace: '/Namespace',
  Node: '/Node',
  Service: '/Service',
  Pod: '/Pod',
  ConfigMap: '/ConfigMap',
  Secret: '/Secret',
  Deployment: 'apps/Deployment',
  StatefulSet: 'apps/StatefulSet',
  DaemonSet: 'apps/DaemonSet',
  ReplicaSet: 'apps/ReplicaSet',
  Job: 'batch/Job',
  CustomResourceDefinition: 'apiextensions.k8s.io/CustomResourceDefinition',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  VirtualService: 'networking.istio.io/VirtualService',
  DestinationRule: 'networking.istio.io/DestinationRule',
  Gateway: 'networking.istio.io/Gateway',
  ServiceEntry: 'networking.istio.io/ServiceEntry',
  WorkloadEntry: 'networking.istio.io/WorkloadEntry',
  Sidecar: 'networking.istio.io/Sidecar',
  EnvoyFilter: 'networking.istio.io/EnvoyFilter',
  AuthorizationPolicy: 'security.istio.io/AuthorizationPolicy',
  PeerAuthentication: 'security.istio.io/PeerAuthentication',
  RequestAuthentication: 'security.istio.io/RequestAuthentication',
  Telemetry: 'telemetry.istio.io/Telemetry',
  WasmPlugin: 'extensions.istio.io/WasmPlugin',
  KubernetesGateway: 'gateway.networking.k8s.io/Gateway',
  HTTPRoute: 'gateway.networking.k8s.io/HTTPRoute',
  GRPCRoute: 'gateway.networking.k8s.io/GRPCRoute',
} as const

export type KindName = keyof typeof KINDS

export class Resources {
  readonly all: readonly Resource[]
  readonly #byKind: ReadonlyMap<string, readonly Resource[]>
  readonly #byName: ReadonlyMap<string, Resource>

  constructor(all: readonly Resource[]) {
    this.all = all
    this.#byKind = Map.groupBy(all, ({ group, kind }) => `${group}/${kind}`)
    this.#byName = new Map(all.map(each => [`${each.group}/${each.kind} ${each.key}`, each]))
  }

  /** In the order of their names, which is that of the messages about conflicts between them. */
  of(kind: KindName): readonly Resource[] {
    return this.#byKind.get(KINDS[kind])?.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) ?? []
  }

  find(kind: KindName, namespace: string, name: string): Resource | undefined {
    return this.#byName.get(`${KINDS[kind]} ${namespace}/${name}`)
  }
}
