/** What a traffic rule says when it says one thing only; traffic-layer.ts lays it over the others. */
import type { HttpDestination, RetryPolicy } from './http-rule.ts'
import type { Origin } from './origin.ts'

/** In the order in which layers are laid: shares bring subsets with them, which others may be meant for. */
export const ASPECTS = ['tls', 'split', 'breaker', 'balancing', 'retry', 'health'] as const
export type Aspect = (typeof ASPECTS)[number]

export interface Layer {
  readonly aspect: Aspect
  /** The part it is for: "" and undefined are the whole service. */
  readonly subset: string
  readonly port: number | undefined
  /** Retries alone: of the route of this name. */
  readonly route: string
  readonly retry: RetryPolicy | undefined
  readonly split: Split | undefined
}

/** What becomes of requests that go to the service and to no subset of it. */
export interface Split {
  readonly destinations: readonly HttpDestination[]
  readonly port: number | undefined
  readonly origin: Origin
}

export interface RouteRetry {
  /** "": all routes that say nothing themselves. */
  readonly route: string
  readonly policy: RetryPolicy
  readonly origin: Origin
}
