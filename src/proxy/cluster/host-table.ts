/**
 * The hosts of a cluster that gets its endpoints told: an update keeps the objects of those that stay.
 */
import { ClusterHost, targetOf } from './cluster-host.ts'
import type { Endpoint } from './endpoint.ts'
import type { TransportSockets } from './transport-socket.ts'

export interface HostChange {
  /** Something is different that balancing goes by. */
  readonly changed: boolean
  readonly added: number
  /** No longer in the table; their connections are the caller's to drain. */
  readonly removed: readonly ClusterHost[]
}

export class HostTable {
  /** In the order of the assignment. */
  hosts: readonly ClusterHost[] = []
  #byKey = new Map<string, ClusterHost>()
  readonly #sockets: TransportSockets
  readonly #onHealth: () => void
  readonly #movable: boolean

  /**
   * @param onHealth a host was ejected or let in again
   * @param movable logical DNS: a host is its name, and its address may change
   */
  constructor(sockets: TransportSockets, onHealth: () => void, movable: boolean) {
    this.#sockets = sockets
    this.#onHealth = onHealth
    this.#movable = movable
  }

  /** @param endpoints all there are, names resolved; of several with one address the first counts */
  update(endpoints: readonly Endpoint[]): HostChange {
    const before = this.#byKey
    const after = new Map<string, ClusterHost>()
    let changed = false
    let added = 0
    for (const endpoint of endpoints) {
      const key = this.#key(endpoint)
      if (after.has(key)) continue
      const socket = this.#sockets.choose(endpoint.metadata)
      let host = before.get(key)
      if (host === undefined || host.transportSocket !== socket) {
        host = new ClusterHost(targetOf(endpoint), endpoint.hostname, socket, this.#onHealth)
        added++
      } else {
        before.delete(key)
        if (this.#movable && host.ip !== endpoint.host) host.moveTo(endpoint.host)
      }
      if (host.update(endpoint)) changed = true
      after.set(key, host)
    }
    const removed = [...before.values()]
    this.#byKey = after
    this.hosts = [...after.values()]
    return { changed: changed || added > 0 || removed.length > 0, added, removed }
  }

  #key(endpoint: Endpoint): string {
    if (endpoint.path !== undefined) return endpoint.path
    if (this.#movable) return `${endpoint.hostname} ${endpoint.port}`
    return `${endpoint.host} ${endpoint.port} ${endpoint.hostname}`
  }
}
