/**
 * Outliers by the share of requests that went well in an interval: beside the other hosts (success rate) or beside a fixed limit (failure
 * percentage).
 */
import type { OutlierDetection } from '../../xds/gen/envoy/config/cluster/v3/outlier_detection.ts'

/** By the words of Envoy's statistics. */
export type RateKind = 'success_rate' | 'failure_percentage' | 'local_origin_success_rate' | 'local_origin_failure_percentage'

/** Whose failures count: what the upstream answered, or what kept an answer from coming. */
export type Origin = 'external' | 'local'

export interface RateRule {
  readonly kind: RateKind
  readonly origin: Origin
  /** Hosts with enough requests; with fewer nobody is judged. */
  readonly minimumHosts: number
  /** In an interval; a host with fewer is not judged. */
  readonly minimumRequests: number
  /** Of hosts with these percentages of success, in the same order, who is an outlier. */
  readonly outliers: (successRates: readonly number[]) => readonly boolean[]
}

export class Tally {
  total = 0
  well = 0
}

/** Those with a share to be enforced; Envoy watches the others too, for its statistics alone. */
export function rateRules(message: OutlierDetection): readonly RateRule[] {
  const successRate = {
    minimumHosts: message.successRateMinimumHosts ?? 5,
    minimumRequests: message.successRateRequestVolume ?? 100,
    outliers: farBelowMean((message.successRateStdevFactor ?? 1900) / 1000),
  }
  const failurePercentage = {
    minimumHosts: message.failurePercentageMinimumHosts ?? 5,
    minimumRequests: message.failurePercentageRequestVolume ?? 50,
    outliers: failing(message.failurePercentageThreshold ?? 85),
  }
  const enforcing = rateEnforcing(message)
  const rules: readonly RateRule[] = [
    { kind: 'success_rate', origin: 'external', ...successRate },
    { kind: 'failure_percentage', origin: 'external', ...failurePercentage },
    { kind: 'local_origin_success_rate', origin: 'local', ...successRate },
    { kind: 'local_origin_failure_percentage', origin: 'local', ...failurePercentage },
  ]
  return rules.filter(
    ({ kind, origin }) => enforcing[kind] > 0 && (origin === 'external' || message.splitExternalLocalOriginErrors),
  )
}

/** Percent of detected outliers that are ejected, Envoy's defaults. */
export function rateEnforcing(message: OutlierDetection): Readonly<Record<RateKind, number>> {
  return {
    success_rate: message.enforcingSuccessRate ?? 100,
    failure_percentage: message.enforcingFailurePercentage ?? 0,
    local_origin_success_rate: message.enforcingLocalOriginSuccessRate ?? 100,
    local_origin_failure_percentage: message.enforcingFailurePercentageLocalOrigin ?? 0,
  }
}

/** @returns those of `hosts` that the rule finds outliers */
export function outliersBy<T>(rule: RateRule, hosts: readonly (readonly [host: T, tally: Tally])[]): T[] {
  const judged = hosts.filter(([, { total }]) => total > 0 && total >= rule.minimumRequests)
  if (judged.length === 0 || judged.length < rule.minimumHosts) return []
  const verdicts = rule.outliers(judged.map(([, { well, total }]) => (100 * well) / total))
  return judged.filter((_, i) => verdicts[i]).map(([host]) => host)
}

/** @param factor how many standard deviations below the mean are too far */
function farBelowMean(factor: number): RateRule['outliers'] {
  return rates => {
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
    const limit = mean - factor * Math.sqrt(variance)
    return rates.map(rate => rate < limit)
  }
}

function failing(threshold: number): RateRule['outliers'] {
  return rates => rates.map(rate => 100 - rate >= threshold)
}
