/**
 * Circuit breaker of one cluster and priority (envoy.config.cluster.v3.CircuitBreakers.Thresholds): limits on what is under way, and the
 * numbers of what is.
 */
import type { CircuitBreakers_Thresholds } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'

export interface BreakerLimits {
  readonly maxConnections: number
  readonly maxPendingRequests: number
  readonly maxRequests: number
  readonly maxRetries: number
  /** Retries as a share of what is under way; replaces maxRetries. */
  readonly retryBudget: { readonly percent: number; readonly minimum: number } | undefined
}

/** Envoy's defaults where the message, or a field of it, is absent. */
export function breakerLimits(message: CircuitBreakers_Thresholds | undefined): BreakerLimits {
  const budget = message?.retryBudget
  return {
    maxConnections: message?.maxConnections ?? 1024,
    maxPendingRequests: message?.maxPendingRequests ?? 1024,
    maxRequests: message?.maxRequests ?? 1024,
    maxRetries: message?.maxRetries ?? 3,
    retryBudget: budget && {
      percent: budget.budgetPercent?.value ?? 20,
      minimum: budget.minRetryConcurrency ?? 3,
    },
  }
}

export class CircuitBreaker {
  readonly limits: BreakerLimits
  connections = 0
  pending = 0
  requests = 0
  retries = 0

  constructor(limits: BreakerLimits) {
    this.limits = limits
  }

  get roomForConnection(): boolean {
    return this.connections < this.limits.maxConnections
  }

  get roomForPending(): boolean {
    return this.pending < this.limits.maxPendingRequests
  }

  get roomForRequest(): boolean {
    return this.requests < this.limits.maxRequests
  }

  get roomForRetry(): boolean {
    const { retryBudget, maxRetries } = this.limits
    if (!retryBudget) return this.retries < maxRetries
    const share = ((this.requests + this.pending) * retryBudget.percent) / 100
    return this.retries < Math.max(retryBudget.minimum, share)
  }
}

/**
 * `cluster.<name>.circuit_breakers.<priority>.*`: 1 where no more is let in.
 * @param current the breaker of the configuration in use, if there is one
 */
export function breakerStats(current: () => CircuitBreaker | undefined): object {
  const closed = (room: boolean | undefined) => Number(room === false)
  return {
    get cx_open() {
      return closed(current()?.roomForConnection)
    },
    get rq_open() {
      return closed(current()?.roomForRequest)
    },
    get rq_pending_open() {
      return closed(current()?.roomForPending)
    },
    get rq_retry_open() {
      return closed(current()?.roomForRetry)
    },
  }
}
