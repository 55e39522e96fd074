/** CircuitBreakers: limits of what is under way, and endpoints that are left out. */
import type { Breaker } from '../../api/mizzen/circuitbreaker/schema.ts'
import type { CircuitBreaker } from '../../api/registry.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { NO_POLICY, type OutlierDetection, type TrafficPolicy } from '../../model/traffic-policy.ts'
import { milliseconds } from '../duration.ts'
import { layerRule, NO_POOL } from './layer.ts'
import { type Parts, parts } from './parts.ts'

export function compileCircuitBreaker(object: CircuitBreaker, settings: MeshSettings): Parts {
  const policy = breakerPolicy(object.spec)
  return parts({ trafficRules: [layerRule(object, object.spec, { aspect: 'breaker' }, settings, { policy })] })
}

export function breakerPolicy(spec: Breaker): TrafficPolicy {
  const { maxConnections, maxPendingRequests, maxRequests, maxRetries } = spec
  const limited = maxConnections ?? maxPendingRequests ?? maxRequests ?? maxRetries
  return {
    ...NO_POLICY,
    pool: limited === undefined ? undefined : { ...NO_POOL, maxConnections, maxPendingRequests, maxRequests, maxRetries },
    outliers: outliers(spec),
  }
}

const HALF_OPEN_AFTER_MS = 30_000

function outliers(spec: Breaker): OutlierDetection {
  const { successRate, halfOpen } = spec
  const ejectionMs = milliseconds(halfOpen?.after) ?? HALF_OPEN_AFTER_MS
  return {
    consecutive5xx: spec.consecutiveErrors ?? 5,
    consecutiveGateway: spec.consecutiveGatewayErrors ?? 0,
    consecutiveLocal: undefined,
    splitLocal: false,
    intervalMs: milliseconds(spec.interval) ?? 10_000,
    ejectionMs,
    maxEjectionMs: milliseconds(halfOpen?.maxAfter),
    maxEjectionPercent: spec.maxEjectionPercent ?? 50,
    minHealthPercent: 0,
    failureRate: successRate && {
      percent: 100 - successRate.below,
      minimumRequests: successRate.minimumRequests ?? 50,
      minimumEndpoints: successRate.minimumEndpoints ?? 1,
    },
    letInByHealthCheck: halfOpen?.byHealthCheck,
  }
}
