/** What Telemetry objects say of access logs, and where those of a workload go. */
import type { TelemetryPolicy, TelemetrySide } from './telemetry-level.ts'

/** One log that a workload writes. */
export interface LogTarget {
  readonly provider: string
  /** CEL; "": every request. */
  readonly filter: string
}

export interface ProxyLogging {
  readonly client: readonly LogTarget[]
  readonly server: readonly LogTarget[]
}

/** Name of the provider that is there without a word in the mesh's settings: a file, or standard output. */
export const FILE_PROVIDER = 'envoy'

export type LoggingPolicy = TelemetryPolicy<LoggingRule>

export interface LoggingRule {
  readonly side: TelemetrySide | 'both'
  /** Names of extension providers; empty: those that hold already. */
  readonly providers: readonly string[]
  readonly disabled: boolean
  /** CEL; "": every request. */
  readonly filter: string
}
