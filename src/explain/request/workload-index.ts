/** Which workload an endpoint's address belongs to. */
import type { Mesh } from '../../model/mesh.ts'
import { type Workload, workloadKey } from '../../model/workload.ts'
import { addressText } from '../../proxy/cluster/endpoint.ts'

export interface KnownWorkload {
  /** "namespace/name" */
  readonly name: string
  readonly workload: Workload
}

export class WorkloadIndex {
  readonly #byIp = new Map<string, KnownWorkload>()
  /** One machine's workloads share an address: the port tells them apart. */
  readonly #byPort = new Map<string, KnownWorkload>()

  constructor(mesh: Mesh) {
    for (const workload of mesh.workloads.values()) {
      const known = { name: workloadKey(workload), workload }
      for (const address of workload.addresses) {
        if (workload.capture.kind === 'redirect') this.#byIp.set(address, known)
        else for (const { listen } of workload.capture.inbound.values()) this.#byPort.set(addressText(address, listen), known)
      }
    }
  }

  /** @param address "10.0.0.5:8080" */
  at(address: string): KnownWorkload | undefined {
    const ip = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
    return this.#byPort.get(address) ?? this.#byIp.get(ip)
  }
}
