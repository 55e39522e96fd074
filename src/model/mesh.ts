/**
 * The mesh as configured: everything the proxies' configuration is made of, and nothing about where it was read or how it is sent.
 * Immutable. A change makes a new mesh in which all that did not change is the same object as before, so that what was derived
 * from it can be kept (lib/identity-memo.ts).
 */

import type { AccessPolicy } from './access-policy.ts'
import type { Alert } from './alert.ts'
import type { EnvoyFilter } from './envoy-patch.ts'
import type { Gateway } from './gateway.ts'
import type { LoggingPolicy } from './log-target.ts'
import type { MetricsPolicy } from './metric-changes.ts'
import type { PeerPolicy } from './peer-policy.ts'
import type { ProxyRule } from './proxy-rule.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RouteSet } from './route-set.ts'
import type { ScriptFilter } from './script-filter.ts'
import type { Service, ServiceEndpoints } from './service.ts'
import type { MeshSettings } from './settings.ts'
import type { SidecarConfig } from './sidecar.ts'
import type { TokenPolicy } from './token-policy.ts'
import type { TracingPolicy } from './tracing.ts'
import type { TrafficRule } from './traffic-policy.ts'
import type { Workload } from './workload.ts'

/** All lists are oldest first (age.ts). */
export interface Mesh {
  readonly settings: MeshSettings
  readonly services: readonly Service[]
  /** By serviceKey(). */
  readonly endpoints: ReadonlyMap<string, ServiceEndpoints>
  /** By workloadKey(). */
  readonly workloads: ReadonlyMap<string, Workload>
  readonly routes: readonly RouteSet[]
  readonly trafficRules: readonly TrafficRule[]
  readonly gateways: readonly Gateway[]
  readonly sidecars: readonly SidecarConfig[]
  readonly proxyRules: readonly ProxyRule[]
  readonly rateLimits: readonly RateLimit[]
  readonly alerts: readonly Alert[]
  readonly scriptFilters: readonly ScriptFilter[]
  readonly peerPolicies: readonly PeerPolicy[]
  readonly tokenPolicies: readonly TokenPolicy[]
  /** Where issuers have their keys, of those that were asked and have said so; by issuer. */
  readonly keyLocations?: ReadonlyMap<string, string> | undefined
  readonly accessPolicies: readonly AccessPolicy[]
  readonly tracingPolicies: readonly TracingPolicy[]
  readonly loggingPolicies: readonly LoggingPolicy[]
  /** Oldest first. */
  readonly metricsPolicies: readonly MetricsPolicy[]
  /** In the order in which they are applied. */
  readonly envoyFilters: readonly EnvoyFilter[]
  /** Certificates with their keys by "namespace/name". */
  readonly certificates: ReadonlyMap<string, Certificate>
}

export interface Certificate {
  readonly namespace: string
  readonly name: string
  /** PEM; empty where the secret holds only an authority. */
  readonly chain: Uint8Array
  readonly key: Uint8Array
  readonly authority: Uint8Array
  readonly revoked: Uint8Array
}
