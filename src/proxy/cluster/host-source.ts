/**
 * Where a cluster's hosts come from and how one is picked, apart from how it is reached. Two families: endpoints that are told and balanced
 * over, and hosts that a request itself names.
 */
import type { Host, HostOdds, PickContext } from '../balance/host.ts'
import type { ClusterHost } from './cluster-host.ts'

export interface HostSource {
  /** All hosts, for statistics and the admin endpoint. */
  readonly hosts: readonly ClusterHost[]
  pick(context: PickContext): Host | undefined
  /** As Balancer.odds. */
  odds(context: PickContext): readonly HostOdds[]
  /** No host is looked for any more; those there are stay. */
  stop(): void
}

/** The cluster, as its hosts' source sees it. */
export interface HostKeeper {
  /** The host is no longer picked: its connections drain. */
  onRemoved(host: ClusterHost): void
}
