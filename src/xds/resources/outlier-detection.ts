/** Outlier detection: endpoints that fail are left out for a while. */
import type { OutlierDetection } from '../../model/traffic-policy.ts'
import { OutlierDetection as EnvoyOutlierDetection } from '../gen/envoy/config/cluster/v3/outlier_detection.ts'
import { optionalDuration } from './values.ts'

export function outlierDetection(outliers: OutlierDetection): EnvoyOutlierDetection {
  return EnvoyOutlierDetection.fromPartial({
    consecutive5xx: outliers.consecutive5xx,
    enforcingConsecutive5xx: enforced(outliers.consecutive5xx),
    consecutiveGatewayFailure: outliers.consecutiveGateway,
    enforcingConsecutiveGatewayFailure: enforced(outliers.consecutiveGateway),
    splitExternalLocalOriginErrors: outliers.splitLocal,
    consecutiveLocalOriginFailure: outliers.splitLocal ? outliers.consecutiveLocal : undefined,
    enforcingConsecutiveLocalOriginFailure: outliers.splitLocal ? enforced(outliers.consecutiveLocal) : undefined,
    interval: optionalDuration(outliers.intervalMs),
    baseEjectionTime: optionalDuration(outliers.ejectionMs),
    maxEjectionPercent: outliers.maxEjectionPercent,
    maxEjectionTime: optionalDuration(outliers.maxEjectionMs),
    enforcingSuccessRate: 0, // a rate that deviates from the others' says little where there are two or three endpoints
    ...failureRate(outliers),
    successfulActiveHealthCheckUnejectHost: outliers.letInByHealthCheck,
    enforcingLocalOriginSuccessRate: outliers.splitLocal ? 0 : undefined,
  })
}

function failureRate({ failureRate: rate }: OutlierDetection): Partial<EnvoyOutlierDetection> {
  if (!rate) return {}
  return {
    failurePercentageThreshold: rate.percent,
    failurePercentageMinimumHosts: rate.minimumEndpoints,
    failurePercentageRequestVolume: rate.minimumRequests,
    enforcingFailurePercentage: 100,
  }
}

/** Percent of detections that are acted upon; undefined leaves Envoy's default. */
function enforced(failures: number | undefined): number | undefined {
  return failures === undefined ? undefined : failures > 0 ? 100 : 0
}
