/** Limits of connection pools (Envoy CircuitBreakers), and how connections are kept. */
import type { ConnectionPool, Keepalive, RetryBudget } from '../../model/traffic-policy.ts'
import { CircuitBreakers } from '../gen/envoy/config/cluster/v3/circuit_breaker.ts'
import { UpstreamConnectionOptions } from '../gen/envoy/config/cluster/v3/cluster.ts'

/** Envoy's own defaults (1024, and 3 retries) surprise more than they protect. */
const UNLIMITED = 4294967295

export function circuitBreakers(pool: ConnectionPool | undefined, budget: RetryBudget | undefined): CircuitBreakers {
  return CircuitBreakers.fromPartial({
    thresholds: [
      {
        maxConnections: pool?.maxConnections ?? UNLIMITED,
        maxPendingRequests: pool?.maxPendingRequests ?? UNLIMITED,
        maxRequests: pool?.maxRequests ?? UNLIMITED,
        maxRetries: pool?.maxRetries ?? UNLIMITED,
        retryBudget: budget && {
          budgetPercent: { value: budget.percent },
          minRetryConcurrency: budget.minConcurrency,
        },
      },
    ],
  })
}

/** The rule's settings over the mesh's, field by field. */
export function connectionOptions(
  own: Keepalive | undefined,
  mesh: Keepalive | undefined,
): UpstreamConnectionOptions | undefined {
  if (!own && !mesh) return undefined
  return UpstreamConnectionOptions.fromPartial({
    tcpKeepalive: {
      keepaliveProbes: own?.probes ?? mesh?.probes,
      keepaliveTime: own?.timeSeconds ?? mesh?.timeSeconds,
      keepaliveInterval: own?.intervalSeconds ?? mesh?.intervalSeconds,
    },
  })
}
