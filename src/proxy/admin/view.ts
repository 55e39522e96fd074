/** What the admin endpoint sees of the process, and what it may do to it. */
import type { JsonValue } from '../../xds/wire/json.ts'
import type { Denials } from '../telemetry/denials.ts'
import type { Recorder } from '../telemetry/recorder.ts'
import type { StandardMetrics } from '../telemetry/standard/standard-metrics.ts'
import type { StatsRegistry } from '../telemetry/stats.ts'
import type { ConnectionNotes } from '../tracing/connection-notes.ts'
import type { DumpQuery } from './config-dump.ts'

/** Envoy's names. */
export type ServerState = 'LIVE' | 'DRAINING' | 'PRE_INITIALIZING' | 'INITIALIZING'

/** A list in the two forms it is shown in. */
export interface Listing {
  text(): string
  json(): unknown
}

export interface AdminView {
  readonly state: ServerState
  readonly stats: StatsRegistry
  readonly denials: Denials
  readonly recorder: Recorder
  readonly metrics: StandardMetrics
  readonly connectionNotes: ConnectionNotes
  readonly clusters: Listing
  readonly listeners: Listing
  readonly logLevel: string
  serverInfo(): unknown
  certificates(): Promise<unknown>
  configDump(query: DumpQuery): Promise<JsonValue | undefined>
  drainListeners(graceful: boolean): void
  failHealthCheck(failed: boolean): void
  /** @returns false: there is no such level */
  setLogLevel(level: string): boolean
  quit(): void
}
