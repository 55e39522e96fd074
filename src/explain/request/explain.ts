/** The way in: explains a call to one proxy of a mesh, and what becomes of it at the other end. Pure: the same mesh gives the same answer. */
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { ResourceCache, resourcesFor } from '../../xds/resources/proxy.ts'
import { proxyOfWorkload } from '../proxies.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { Causes } from './cause.ts'
import { DryProxy } from './dry-proxy.ts'
import { follow } from './follow.ts'
import { callAtServer } from './server-side.ts'
import { WorkloadIndex } from './workload-index.ts'

/** Keeps what it has built for one state of the mesh: a second call through the same proxy costs little. */
export class Explainer {
  readonly mesh: Mesh
  readonly #causes: Causes
  readonly #workloads: WorkloadIndex
  readonly #proxies = new Map<string, DryProxy>()
  readonly #cache = new ResourceCache()

  constructor(mesh: Mesh) {
    this.mesh = mesh
    this.#causes = new Causes(mesh)
    this.#workloads = new WorkloadIndex(mesh)
  }

  /** @param call as it arrives at this proxy @param bothSides goes on at the proxy of the likeliest endpoint, where there is one */
  async explain(proxy: MeshProxy, call: Call, bothSides = false): Promise<Answer> {
    const dry = this.#dry(proxy)
    const answer = await follow(dry, this.#causes, call)
    const server = bothSides ? callAtServer(dry, this.#workloads, answer, call, proxy, this.mesh.settings.trustDomain) : undefined
    if (!server) return answer
    const { workload, call: arriving } = server
    const there = await this.explain(proxyOfWorkload(this.mesh, workload), arriving)
    return { ...answer, server: { workload: server.name, answer: there } }
  }

  #dry(proxy: MeshProxy): DryProxy {
    const { kind, id, namespace, labels, addresses, locality, capture } = proxy
    const key = JSON.stringify([kind, id, namespace, labels, addresses, locality, capture.kind])
    const known = this.#proxies.get(key)
    if (known) return known
    const made = new DryProxy(resourcesFor(this.mesh, proxy, this.#cache), address => this.#workloads.at(address)?.name)
    this.#proxies.set(key, made)
    return made
  }
}
