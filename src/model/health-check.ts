/** Active health checks: clients' proxies ask endpoints whether they are well. Durations in milliseconds. */

export interface HealthCheck {
  readonly probe: Probe
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly unhealthyThreshold: number
  readonly healthyThreshold: number
  /** Percent of healthy endpoints below which all of them get requests. */
  readonly panicPercent: number
}

export type Probe =
  | { readonly kind: 'http'; readonly host: string; readonly path: string; readonly statuses: readonly number[] }
  /** grpc.health.v1; "": the server as a whole. */
  | { readonly kind: 'grpc'; readonly service: string }
  | { readonly kind: 'tcp' }
