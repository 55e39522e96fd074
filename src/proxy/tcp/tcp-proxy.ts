/**
 * The TCP proxy: a connection of the client becomes a connection to a host of a cluster, byte for byte.
 */
import type { TcpProxy as Config } from '../../xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import type { ProxyContext } from '../context.ts'
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import { compileAccessLogs } from '../telemetry/access-log.ts'
import type { Side } from '../telemetry/decision-record.ts'
import { readMetricsPlan } from '../telemetry/standard/metrics-plan.ts'
import { ProxiedConnection, type TcpServices } from './proxied-connection.ts'
import { readTcpSettings, type Target } from './settings.ts'
import { TcpStats } from './tcp-stats.ts'

export class TcpProxy implements TerminalFilter {
  readonly #services: TcpServices

  /** @throws on what this proxy does not do */
  constructor(config: Config, context: ProxyContext, side: Side) {
    const labels = { envoy_tcp_prefix: config.statPrefix }
    this.#services = {
      settings: readTcpSettings(config),
      stats: context.stats.shared(TcpStats, { prefix: `tcp.${config.statPrefix}`, family: 'envoy_tcp', labels }),
      accessLogs: compileAccessLogs(config.accessLog, context),
      clusters: context.clusters,
      timers: context.timers,
      random: context.random,
      side,
      recorder: context.recorder,
      metrics: context.metrics,
      tracers: context.tracers,
      connectionNotes: context.connectionNotes,
      metricsPlan: readMetricsPlan(config.accessLog),
    }
  }

  /** Where connections may go, by weight. */
  get targets(): readonly Target[] {
    return this.#services.settings.targets
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const proxied = new ProxiedConnection(this.#services, connection, closed)
    proxied.start()
    return proxied
  }
}
