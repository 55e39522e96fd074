/**
 * What the parts of one proxy process share: made once by main.ts, handed down to whatever is built from configuration.
 */
import type { TimerWheel } from '../lib/timer-wheel.ts'
import type { Clusters } from './cluster/cluster.ts'
import type { RemoteKeySets } from './filters/jwt/remote-keys.ts'
import type { ScriptModules } from './filters/script/modules.ts'
import type { Drain } from './listener/drain.ts'
import type { DenialNotes } from './telemetry/denial-notes.ts'
import type { Denials } from './telemetry/denials.ts'
import type { LogFiles } from './telemetry/log-files.ts'
import type { Recorder } from './telemetry/recorder.ts'
import type { RemoteLogs } from './telemetry/remote/remote-logs.ts'
import type { StandardMetrics } from './telemetry/standard/standard-metrics.ts'
import type { StatsRegistry } from './telemetry/stats.ts'
import type { Secrets } from './tls/secrets.ts'
import type { ConnectionNotes } from './tracing/connection-notes.ts'
import type { Tracers } from './tracing/tracers.ts'

export interface ProxyContext {
  readonly timers: TimerWheel
  /** Uniform in [0, 1): weights, fractions, jitter. */
  readonly random: () => number
  readonly clusters: Clusters
  readonly secrets: Secrets
  readonly stats: StatsRegistry
  readonly logFiles: LogFiles
  readonly remoteLogs: RemoteLogs
  readonly denials: Denials
  readonly denialNotes: DenialNotes
  readonly tracers: Tracers
  readonly connectionNotes: ConnectionNotes
  readonly metrics: StandardMetrics
  /** Hears of every request that is over. */
  readonly recorder: Recorder
  /** Keys of issuers, which outlive changes of the configuration. */
  readonly keySets: RemoteKeySets
  /** Modules of TypeScriptFilters, likewise. */
  readonly scripts: ScriptModules
  /** The process is on its way out, or was told to look so. */
  readonly drain: Drain
  readonly log: Log
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/** Writes one line of the process's own log. `component`: "main", "config", "listener" ... */
export type Log = (level: LogLevel, component: string, message: string) => void
