/**
 * The hosts of a cluster that gets its endpoints told: an update keeps the objects of those that stay.
 */
import { ClusterHost, targetOf } from './cluster-host.ts'
import type { Endpoint, EndpointCheck } from './endpoint.ts'
import type { TransportSockets } from './transport-socket.ts'

export interface HostChange {
  /** Something is different that balancing goes by. */
  readonly changed: boolean
  readonly added: number
  /** No longer in the table; their connections are the caller's to drain. */
  readonly removed: readonly ClusterHost[]
}

export interface HostTableOptions {
  readonly sockets: TransportSockets
  /** The health of a host has changed, by outlier detection or by active checks. */
  readonly onHealth: () => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Logical DNS: a host is its name, and its address may change. */
  readonly movable: boolean
  /** There are active checks. */
  readonly checked: boolean
  /** Hosts that are no longer assigned stay while they pass their checks. */
  readonly keepLeaving: boolean
}

export class HostTable {
  /** In the order of the assignment. */
  hosts: readonly ClusterHost[] = []
  #byKey = new Map<string, ClusterHost>()
  readonly #options: HostTableOptions

  constructor(options: HostTableOptions) {
    this.#options = options
  }

  /** @param endpoints all there are, names resolved; of several with one address the first counts */
  update(endpoints: readonly Endpoint[]): HostChange {
    const { sockets, onHealth, movable, checked, keepLeaving, now } = this.#options
    const before = this.#byKey
    const after = new Map<string, ClusterHost>()
    let changed = false
    let added = 0
    for (const endpoint of endpoints) {
      const key = this.#key(endpoint)
      if (after.has(key)) continue
      const socket = sockets.choose(endpoint.metadata)
      let host = before.get(key)
      if (host === undefined || host.transportSocket !== socket || !sameCheck(host.check, endpoint.check)) {
        const { hostname, check } = endpoint
        host = new ClusterHost({ target: targetOf(endpoint), hostname, transportSocket: socket, check, now, onHealth })
        if (checked) host.awaitCheck()
        added++
      } else {
        before.delete(key)
        host.leaving = false
        if (movable && host.ip !== endpoint.host) host.moveTo(endpoint.host)
      }
      if (host.update(endpoint)) changed = true
      after.set(key, host)
    }
    if (keepLeaving) {
      for (const [key, host] of before) {
        if (after.has(key) || !host.passesChecks) continue
        before.delete(key)
        host.leaving = true
        after.set(key, host)
      }
    }
    const removed = [...before.values()]
    this.#byKey = after
    this.hosts = [...after.values()]
    return { changed: changed || added > 0 || removed.length > 0, added, removed }
  }

  /** A host that is no longer assigned, and was kept: it is gone now. */
  remove(host: ClusterHost): void {
    for (const [key, other] of this.#byKey) if (other === host) this.#byKey.delete(key)
    this.hosts = [...this.#byKey.values()]
  }

  #key(endpoint: Endpoint): string {
    if (endpoint.path !== undefined) return endpoint.path
    if (this.#options.movable) return `${endpoint.hostname} ${endpoint.port}`
    return `${endpoint.host} ${endpoint.port} ${endpoint.hostname}`
  }
}

function sameCheck(a: EndpointCheck, b: EndpointCheck): boolean {
  return a.port === b.port && a.address === b.address && a.hostname === b.hostname && a.disabled === b.disabled
}
