/**
 * Hosts that are told (by the configuration, by EDS, by DNS) and balanced over.
 */
import type { BuildBalancer } from '../balance/build.ts'
import type { Balancer, Host, HostOdds, PickContext } from '../balance/host.ts'
import type { ClusterHost } from './cluster-host.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { Assignment } from './endpoint.ts'
import type { HostKeeper, HostSource } from './host-source.ts'
import { HostTable } from './host-table.ts'
import type { TransportSockets } from './transport-socket.ts'

export interface BalancedHostsOptions {
  readonly sockets: TransportSockets
  readonly build: BuildBalancer
  readonly stats: ClusterStats
  readonly keeper: HostKeeper
  /** Logical DNS: see HostTable. */
  readonly movable: boolean
  /** See HostTable; with active checks. */
  readonly checked: boolean
  readonly now: () => number
  readonly keepLeaving: boolean
}

export class BalancedHosts implements HostSource {
  readonly #options: BalancedHostsOptions
  readonly #table: HostTable
  /** undefined: to be built at the next pick. Most clusters of a large mesh are never asked, and changes come in bursts. */
  #balancer: Balancer | undefined
  #overprovisioning: number | undefined
  #stopped = false

  constructor(options: BalancedHostsOptions) {
    this.#options = options
    this.#table = new HostTable({ ...options, onHealth: () => this.#rebalance() })
  }

  get hosts(): readonly ClusterHost[] {
    return this.#table.hosts
  }

  /** @param assignment all there is from now on, names resolved */
  assign({ endpoints, overprovisioning }: Assignment): void {
    const { stats, keeper } = this.#options
    const { changed, added, removed } = this.#table.update(endpoints)
    if (!changed && overprovisioning === this.#overprovisioning) {
      stats.update_no_rebuild++
      return
    }
    if (added > 0 || removed.length > 0) stats.membership_change++
    this.#overprovisioning = overprovisioning
    for (const host of removed) keeper.onRemoved(host)
    this.#rebalance()
  }

  /** A host that was kept though it is no longer assigned has failed its checks. */
  leave(host: ClusterHost): void {
    const { stats, keeper } = this.#options
    this.#table.remove(host)
    stats.membership_change++
    keeper.onRemoved(host)
    this.#rebalance()
  }

  pick(context: PickContext): Host | undefined {
    return this.#built().pick(context)
  }

  odds(context: PickContext): readonly HostOdds[] {
    return this.#built().odds(context)
  }

  #built(): Balancer {
    this.#balancer ??= this.#options.build(this.#table.hosts, this.#overprovisioning)
    return this.#balancer
  }

  stop(): void {
    this.#stopped = true
  }

  #rebalance(): void {
    this.#balancer = undefined
    // The numbers are those of the cluster that took over.
    if (this.#stopped) return
    const { stats } = this.#options
    const { hosts } = this.#table
    stats.membership_total = hosts.length
    stats.membership_healthy = hosts.filter(host => host.healthy).length
  }
}
