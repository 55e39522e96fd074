/** The seam between a cluster and its active health checks (proxy/health), which are loaded only when a cluster has some. */
import type { Clock } from '../../lib/clock.ts'
import type { HealthSettings } from '../health/settings.ts'
import type { HealthStats } from '../health/stats.ts'
import type { ClusterHost } from './cluster-host.ts'
import type { Connector } from './connector.ts'
import type { TransportSockets } from './transport-socket.ts'

export interface ActiveHealth {
  /** @param hosts all there are; those that are new are checked at once */
  update(hosts: readonly ClusterHost[]): void
  stop(): void
}

export interface ActiveHealthOptions {
  readonly settings: HealthSettings
  readonly stats: HealthStats
  readonly connector: Connector
  readonly sockets: TransportSockets
  readonly clock: Clock
  readonly random: () => number
  /** The cluster has had connections. */
  readonly hasTraffic: () => boolean
  /** A check has ended, and the host knows its result. */
  readonly onChecked: (host: ClusterHost, passed: boolean) => void
  /** Called once: something is known of every host of the first update. */
  readonly onSettled: () => void
}

export type StartActiveHealth = (options: ActiveHealthOptions) => ActiveHealth
