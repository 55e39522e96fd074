/** Alerts: conditions on the standard metrics of services, and on the mesh itself. Their evaluation is the observability part's. Durations in milliseconds. */
import type { Origin } from './origin.ts'

export interface Alert {
  readonly name: string
  readonly namespace: string
  /** "*" and "*.suffix": each of these services for itself. */
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
  /** Nobody looks, and an alert of that name which the mesh brings along is switched off. */
  readonly disabled: boolean
  readonly created: string
  readonly origin: Origin
}

export type AlertCondition =
  /** Percent of requests that failed. */
  | { readonly kind: 'error-rate'; readonly above: number }
  | { readonly kind: 'latency'; readonly percentile: number; readonly aboveMs: number }
  /** Requests a second. */
  | { readonly kind: 'request-rate'; readonly above: number | undefined; readonly below: number | undefined }
  /** How many endpoints of a service are in trouble. */
  | { readonly kind: 'endpoints'; readonly trouble: EndpointTrouble; readonly above: number }
  /** Percent of a proxy's certificate's life that is left. */
  | { readonly kind: 'certificate-life'; readonly below: number }
  /** How many proxies have not what they should have, or refuse it. */
  | { readonly kind: 'stale-proxies'; readonly above: number }

/** Ejected, or failing active health checks: as at least one caller sees it. Not ready: by its own probes. */
export const ENDPOINT_TROUBLES = ['ejected', 'failing_health_check', 'not_ready'] as const
export type EndpointTrouble = (typeof ENDPOINT_TROUBLES)[number]

export type AlertReceiver = { readonly kind: 'webhook'; readonly url: string } | { readonly kind: 'log' }
