/** What the objects of the Gateway API refer to, found by name: services, namespaces, grants, certificates. */
import type { ObjectHead } from '../../api/object.ts'
import type { ConfigMap, ReferenceGrant, Secret } from '../../api/registry.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Workload } from '../../model/workload.ts'
import type { Objects } from '../objects.ts'

/** An object as somebody refers to it. */
export interface Target {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export class World {
  readonly objects: Objects
  readonly settings: MeshSettings
  readonly workloads: readonly Workload[]
  readonly #services: ReadonlyMap<string, Service>
  readonly #grants: ReadonlyMap<string, readonly ReferenceGrant[]>
  readonly #names: ReadonlySet<string>
  readonly #secrets: ReadonlyMap<string, Secret>
  readonly #configMaps: ReadonlyMap<string, ConfigMap>
  readonly #namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>

  constructor(objects: Objects, settings: MeshSettings, services: readonly Service[], workloads: readonly Workload[]) {
    this.objects = objects
    this.settings = settings
    this.workloads = workloads
    this.#services = new Map(services.map(service => [service.hostname, service]))
    this.#grants = Map.groupBy(objects.ReferenceGrant, grant => grant.namespace)
    this.#names = new Set([...objects.Service, ...objects.InferencePool].map(key))
    this.#secrets = new Map(objects.Secret.map(object => [`${object.namespace}/${object.name}`, object]))
    this.#configMaps = new Map(objects.ConfigMap.map(object => [`${object.namespace}/${object.name}`, object]))
    this.#namespaces = new Map(objects.Namespace.map(object => [object.name, object.labels]))
  }

  hostOf(name: string, namespace: string): string {
    return `${name}.${namespace}.svc.${this.settings.domainSuffix}`
  }

  service(host: string): Service | undefined {
    return this.#services.get(host)
  }

  /** Of Services and InferencePools. */
  exists(target: Pick<Target, 'kind' | 'namespace' | 'name'>): boolean {
    return this.#names.has(key(target))
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get(`${namespace}/${name}`)
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#configMaps.get(`${namespace}/${name}`)
  }

  /** A namespace has the label with its name even where no Namespace object says so. */
  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return { 'kubernetes.io/metadata.name': name, ...this.#namespaces.get(name) }
  }

  /** Whether an object may name one of another namespace; in its own it always may. */
  permits(from: Pick<ObjectHead, 'group' | 'kind' | 'namespace'>, to: Target): boolean {
    if (from.namespace === to.namespace) return true
    return (this.#grants.get(to.namespace) ?? []).some(
      ({ spec }) =>
        spec.from.some(entry => entry.group === from.group && entry.kind === from.kind && entry.namespace === from.namespace) &&
        spec.to.some(
          entry => entry.group === to.group && entry.kind === to.kind && (entry.name === undefined || entry.name === to.name),
        ),
    )
  }
}

function key({ kind, namespace, name }: Pick<Target, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}
