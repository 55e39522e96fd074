/** Who stands behind which service, looked up once for a view. */
import { hasLabels } from '../../../model/labels.ts'
import type { Mesh } from '../../../model/mesh.ts'
import { type Service, serviceKey } from '../../../model/service.ts'
import { type Workload, workloadKey } from '../../../model/workload.ts'

export class MeshIndex {
  readonly mesh: Mesh
  /** Pods by "namespace/workload": their Deployment's name. */
  readonly workloads: ReadonlyMap<string, readonly Workload[]>
  readonly #byHost = new Map<string, Service>()
  readonly #services = new Map<string, Service[]>()
  readonly #pods = new Map<string, readonly Workload[]>()

  constructor(mesh: Mesh) {
    this.mesh = mesh
    const all = [...mesh.workloads.values()]
    this.workloads = Map.groupBy(all, pod => `${pod.namespace}/${pod.workloadName}`)
    const byNamespace = Map.groupBy(all, pod => pod.namespace)
    for (const service of mesh.services) {
      for (const name of [service.hostname, ...service.aliases.map(alias => alias.hostname)])
        if (!this.#byHost.has(name)) this.#byHost.set(name, service)
      const pods = this.#behind(service, byNamespace.get(service.namespace) ?? [])
      this.#pods.set(serviceKey(service), pods)
      for (const key of new Set(pods.map(pod => `${pod.namespace}/${pod.workloadName}`))) {
        const list = this.#services.get(key)
        if (list) list.push(service)
        else this.#services.set(key, [service])
      }
    }
  }

  serviceByHost(host: string): Service | undefined {
    return this.#byHost.get(host)
  }

  /** Services that a workload ("namespace/workload") stands behind, the oldest first. */
  servicesOf(workload: string): readonly Service[] {
    return this.#services.get(workload) ?? []
  }

  /** Also those that are not ready, when they are nobody's endpoints. */
  podsOf(service: Service): readonly Workload[] {
    return this.#pods.get(serviceKey(service)) ?? []
  }

  isGateway({ labels }: Workload): boolean {
    return this.mesh.gateways.some(({ selector }) => Object.keys(selector).length > 0 && hasLabels(labels, selector))
  }

  #behind(service: Service, neighbours: readonly Workload[]): Workload[] {
    const { selector } = service
    const selected = selector ? neighbours.filter(pod => Object.keys(selector).length > 0 && hasLabels(pod.labels, selector)) : []
    const known = new Set(selected.map(workloadKey))
    for (const endpoints of this.mesh.endpoints.get(serviceKey(service))?.values() ?? [])
      for (const { workload } of endpoints) if (workload !== undefined) known.add(workload)
    return [...known].flatMap(key => this.mesh.workloads.get(key) ?? [])
  }
}
