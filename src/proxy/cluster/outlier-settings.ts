/**
 * What outlier detection goes by (envoy.config.cluster.v3.OutlierDetection), with Envoy's defaults.
 */
import type { OutlierDetection } from '../../xds/gen/envoy/config/cluster/v3/outlier_detection.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { type RateKind, type RateRule, rateEnforcing, rateRules } from './outlier-rates.ts'

/** Kinds of failure in a row, by the words of Envoy's statistics. */
export type Streak = 'consecutive_5xx' | 'consecutive_gateway_failure' | 'consecutive_local_origin_failure'

export interface OutlierSettings {
  /** So many in a row are an outlier; 0: not watched. */
  readonly thresholds: Readonly<Record<Streak, number>>
  /** Share of detected outliers that are ejected indeed, in percent. */
  readonly enforcing: Readonly<Record<Streak | RateKind, number>>
  /** Judged at the end of each interval; none: nothing is tallied. */
  readonly rates: readonly RateRule[]
  /** Failures to connect, timeouts and resets count on their own, not as 5xx. */
  readonly splitLocalOrigin: boolean
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly jitterMs: number
  /** Of the cluster's hosts. */
  readonly maxEjectionPercent: number
  readonly alwaysEjectOne: boolean
  /** A passed active health check ends an ejection. */
  readonly letInByHealthCheck: boolean
}

export function outlierSettings(message: OutlierDetection | undefined): OutlierSettings | undefined {
  if (!message) return undefined
  const baseEjectionMs = durationMs(message.baseEjectionTime) ?? 30_000
  return {
    thresholds: {
      consecutive_5xx: message.consecutive5xx ?? 5,
      consecutive_gateway_failure: message.consecutiveGatewayFailure ?? 5,
      consecutive_local_origin_failure: message.consecutiveLocalOriginFailure ?? 5,
    },
    enforcing: {
      consecutive_5xx: message.enforcingConsecutive5xx ?? 100,
      consecutive_gateway_failure: message.enforcingConsecutiveGatewayFailure ?? 0,
      consecutive_local_origin_failure: message.enforcingConsecutiveLocalOriginFailure ?? 100,
      ...rateEnforcing(message),
    },
    rates: rateRules(message),
    splitLocalOrigin: message.splitExternalLocalOriginErrors,
    intervalMs: durationMs(message.interval) ?? 10_000,
    baseEjectionMs,
    maxEjectionMs: Math.max(durationMs(message.maxEjectionTime) ?? 300_000, baseEjectionMs),
    jitterMs: durationMs(message.maxEjectionTimeJitter) ?? 0,
    maxEjectionPercent: Math.min(100, message.maxEjectionPercent ?? 10),
    alwaysEjectOne: message.alwaysEjectOneHost ?? false,
    letInByHealthCheck: message.successfulActiveHealthCheckUnejectHost ?? true,
  }
}
