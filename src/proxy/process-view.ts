/**
 * What the admin endpoint shows of the process.
 */
import type { JsonValue } from '../xds/wire/json.ts'
import { ClusterListing } from './admin/cluster-listing.ts'
import type { DumpQuery } from './admin/config-dump.ts'
import { ListenerListing } from './admin/listener-listing.ts'
import type { AdminView, Listing, ServerState } from './admin/view.ts'
import { parseLogLevel } from './log.ts'
import type { Phase, Proxy } from './proxy.ts'
import type { StatsRegistry } from './telemetry/stats.ts'

const STATES: Readonly<Record<Phase, ServerState>> = {
  'pre-initializing': 'PRE_INITIALIZING',
  initializing: 'INITIALIZING',
  live: 'LIVE',
  draining: 'DRAINING',
}

export class ProcessView implements AdminView {
  readonly clusters: Listing
  readonly listeners: Listing
  readonly #proxy: Proxy
  #healthFailed = false

  constructor(proxy: Proxy) {
    this.#proxy = proxy
    this.clusters = new ClusterListing(proxy.clusters)
    this.listeners = new ListenerListing(proxy.listeners)
    const view = this
    proxy.stats.add({
      prefix: 'server',
      family: 'envoy_server',
      labels: {},
      values: {
        get live() {
          return view.state === 'LIVE' ? 1 : 0
        },
        get uptime() {
          return view.#uptimeSeconds
        },
        get memory_allocated() {
          return process.memoryUsage().heapUsed
        },
        get memory_heap_size() {
          return process.memoryUsage().rss
        },
        get total_connections() {
          return proxy.listeners.connections
        },
        concurrency: 1,
      },
    })
    proxy.stats.add({
      prefix: 'listener_manager',
      family: 'envoy_listener_manager',
      labels: {},
      values: {
        get total_listeners_active() {
          return [...proxy.listeners.all()].length
        },
        get total_filter_chains_draining() {
          return proxy.listeners.draining
        },
      },
    })
    proxy.stats.add({
      prefix: 'control_plane',
      family: 'envoy_control_plane',
      labels: {},
      values: {
        get connected_state() {
          return proxy.controlPlane === 'connected' ? 1 : 0
        },
      },
    })
  }

  get state(): ServerState {
    return this.#healthFailed && this.#proxy.phase === 'live' ? 'DRAINING' : STATES[this.#proxy.phase]
  }

  get stats(): StatsRegistry {
    return this.#proxy.stats
  }

  get logLevel(): string {
    return this.#proxy.log.level
  }

  get #uptimeSeconds(): number {
    return Math.floor((Date.now() - this.#proxy.startedAt) / 1000)
  }

  serverInfo(): unknown {
    const { node, flags } = this.#proxy
    const uptime = `${this.#uptimeSeconds}s`
    return {
      version: `mizzen/${process.version}`,
      state: this.state,
      uptime_current_epoch: uptime,
      uptime_all_epochs: uptime,
      hot_restart_version: 'disabled',
      command_line_options: {
        config_path: flags.configPath,
        log_level: this.logLevel,
        drain_time: `${flags.drainTimeMs / 1000}s`,
        drain_strategy: flags.drainStrategy === 'gradual' ? 'Gradual' : 'Immediate',
        concurrency: 1,
        mode: 'Serve',
      },
      node: { id: node.id, cluster: node.cluster, metadata: node.metadata ?? {}, user_agent_name: 'mizzen' },
    }
  }

  async configDump(query: DumpQuery): Promise<JsonValue | undefined> {
    const { configDump } = await import('./admin/config-dump.ts')
    const { store, bootstrap, startedAt } = this.#proxy
    return configDump(store, bootstrap, startedAt, query)
  }

  drainListeners(graceful: boolean): void {
    this.#proxy.drainListeners(graceful)
  }

  failHealthCheck(failed: boolean): void {
    this.#healthFailed = failed
    this.#proxy.failHealthCheck(failed)
  }

  setLogLevel(level: string): boolean {
    const parsed = parseLogLevel(level)
    if (parsed !== undefined) this.#proxy.log.level = parsed
    return parsed !== undefined
  }

  quit(): void {
    this.#proxy.stop()
  }
}
