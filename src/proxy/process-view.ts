/**
 * What the admin endpoint shows of the process.
 */
import type { Bootstrap } from '../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import type { Node } from '../xds/gen/envoy/config/core/v3/base.ts'
import type { JsonValue } from '../xds/wire/json.ts'
import { ClusterListing } from './admin/cluster-listing.ts'
import type { DumpQuery } from './admin/config-dump.ts'
import { ListenerListing } from './admin/listener-listing.ts'
import type { AdminView, Listing, ServerState } from './admin/view.ts'
import type { ClusterSet } from './cluster/cluster-set.ts'
import type { Configuration } from './config/configuration.ts'
import type { ResourceStore } from './config/resource-store.ts'
import type { ProxyFlags } from './flags.ts'
import type { Listeners } from './listener/listeners.ts'
import { type AdjustableLog, parseLogLevel } from './log.ts'
import type { Denials } from './telemetry/denials.ts'
import type { Recorder } from './telemetry/recorder.ts'
import type { StandardMetrics } from './telemetry/standard/standard-metrics.ts'
import type { StatsRegistry } from './telemetry/stats.ts'
import type { ConnectionNotes } from './tracing/connection-notes.ts'

export type Phase = 'pre-initializing' | 'initializing' | 'live' | 'draining'

/** What is asked of the process. */
export interface ProcessFacts {
  readonly phase: Phase
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly controlPlane: 'none' | 'connecting' | 'connected'
  readonly bootstrap: Bootstrap
  readonly node: Node
  readonly flags: ProxyFlags
  readonly log: AdjustableLog
  readonly stats: StatsRegistry
  readonly denials: Denials
  readonly recorder: Recorder
  readonly metrics: StandardMetrics
  readonly connectionNotes: ConnectionNotes
  readonly store: ResourceStore
  readonly clusters: ClusterSet
  readonly listeners: Listeners
  readonly configuration: Pick<Configuration, 'wholeTable'>
  stop(): void
  drainListeners(graceful: boolean): void
  failHealthCheck(failed: boolean): void
}

const STATES: Readonly<Record<Phase, ServerState>> = {
  'pre-initializing': 'PRE_INITIALIZING',
  initializing: 'INITIALIZING',
  live: 'LIVE',
  draining: 'DRAINING',
}

export class ProcessView implements AdminView {
  readonly clusters: Listing
  readonly listeners: Listing
  readonly #facts: ProcessFacts
  #healthFailed = false

  constructor(facts: ProcessFacts) {
    this.#facts = facts
    this.clusters = new ClusterListing(facts.clusters)
    this.listeners = new ListenerListing(facts.listeners)
    const view = this
    facts.stats.add({
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
          return facts.listeners.connections
        },
        concurrency: 1,
      },
    })
    facts.stats.add({
      prefix: 'listener_manager',
      family: 'envoy_listener_manager',
      labels: {},
      values: {
        get total_listeners_active() {
          return [...facts.listeners.all()].length
        },
        get total_filter_chains_draining() {
          return facts.listeners.draining
        },
      },
    })
    facts.stats.add({
      prefix: 'control_plane',
      family: 'envoy_control_plane',
      labels: {},
      values: {
        get connected_state() {
          return facts.controlPlane === 'connected' ? 1 : 0
        },
      },
    })
  }

  get state(): ServerState {
    return this.#healthFailed && this.#facts.phase === 'live' ? 'DRAINING' : STATES[this.#facts.phase]
  }

  get stats(): StatsRegistry {
    return this.#facts.stats
  }

  get denials(): Denials {
    return this.#facts.denials
  }

  get metrics(): StandardMetrics {
    return this.#facts.metrics
  }

  get connectionNotes(): ConnectionNotes {
    return this.#facts.connectionNotes
  }

  get recorder(): Recorder {
    return this.#facts.recorder
  }

  get logLevel(): string {
    return this.#facts.log.level
  }

  get #uptimeSeconds(): number {
    return Math.floor((Date.now() - this.#facts.startedAt) / 1000)
  }

  async certificates(): Promise<unknown> {
    const { certificateListing } = await import('./admin/certificates.ts')
    return certificateListing(this.#facts.store, Date.now())
  }

  serverInfo(): unknown {
    const { node, flags } = this.#facts
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
    const { store, bootstrap, startedAt, configuration } = this.#facts
    return configDump({ store, bootstrap, startedAt, configuration }, query)
  }

  drainListeners(graceful: boolean): void {
    this.#facts.drainListeners(graceful)
  }

  failHealthCheck(failed: boolean): void {
    this.#healthFailed = failed
    this.#facts.failHealthCheck(failed)
  }

  setLogLevel(level: string): boolean {
    const parsed = parseLogLevel(level)
    if (parsed !== undefined) this.#facts.log.level = parsed
    return parsed !== undefined
  }

  quit(): void {
    this.#facts.stop()
  }
}
