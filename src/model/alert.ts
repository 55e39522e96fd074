/** Alerts: conditions on the standard metrics of a service. Their evaluation is the observability part's. Durations in milliseconds. */
import type { Origin } from './origin.ts'

export interface Alert {
  readonly name: string
  readonly namespace: string
  readonly host: string
  /** Workload whose requests count; "": all. */
  readonly client: string
  readonly condition: AlertCondition
  readonly windowMs: number
  /** How long the condition has to hold. */
  readonly forMs: number
  readonly severity: 'info' | 'warning' | 'critical'
  readonly summary: string
  readonly receivers: readonly AlertReceiver[]
  readonly created: string
  readonly origin: Origin
}

export type AlertCondition =
  /** Percent of requests that failed. */
  | { readonly kind: 'error-rate'; readonly above: number }
  | { readonly kind: 'latency'; readonly percentile: number; readonly aboveMs: number }
  /** Requests a second. */
  | { readonly kind: 'request-rate'; readonly above: number | undefined; readonly below: number | undefined }

export type AlertReceiver = { readonly kind: 'webhook'; readonly url: string } | { readonly kind: 'log' }
