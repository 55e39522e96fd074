/**
 * How often a request was tried and whether it may be tried once more: the route's retry policy together with the cluster's limit on concurrent
 * retries.
 */
import type { Host } from '../../balance/host.ts'
import type { Cluster, ResourcePriority } from '../../cluster/cluster.ts'
import type { Headers } from '../../http/headers.ts'
import type { RetryPolicy } from '../../route/decision.ts'

/** Milliseconds to wait before the next try, or why there is none. */
export type RetryVerdict = number | 'limit' | 'overflow' | 'given-up'

export class RetryState {
  readonly policy: RetryPolicy
  /** Where it was tried, in order. */
  readonly hosts: Host[] = []
  readonly #cluster: Cluster
  readonly #priority: ResourcePriority
  #retries = 0
  #holdsPlace = false
  #givenUp = false

  constructor(policy: RetryPolicy, cluster: Cluster, priority: ResourcePriority) {
    this.policy = policy
    this.#cluster = cluster
    this.#priority = priority
  }

  tried(host: Host): void {
    this.hosts.push(host)
  }

  /** The request can't be sent again: its body was too large to keep. */
  giveUp(): void {
    this.#givenUp = true
  }

  /** @param headers of the response that asks for the retry; undefined: there was none */
  next(random: () => number, headers: Headers | undefined): RetryVerdict {
    if (this.#givenUp) return 'given-up'
    this.end()
    if (this.#retries >= this.policy.maxRetries) return 'limit'
    if (!this.#cluster.acquireRetry(this.#priority)) return 'overflow'
    this.#holdsPlace = true
    this.#retries++
    const asked = headers === undefined ? undefined : this.policy.rateLimitedBackoffMs(headers, Date.now(), random)
    return asked ?? this.policy.backoffMs(this.#retries, random)
  }

  /** Gives back the place among the cluster's retries. */
  end(): void {
    if (!this.#holdsPlace) return
    this.#holdsPlace = false
    this.#cluster.releaseRetry(this.#priority)
  }
}
