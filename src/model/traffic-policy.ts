/** What clients do on the way to a service: balancing, connection pools, outlier detection, TLS, subsets. Durations in milliseconds. */
import type { HealthCheck } from './health-check.ts'
import type { Labels } from './labels.ts'
import type { Layer, RouteRetry, Split } from './layer.ts'
import type { Origin } from './origin.ts'
import type { Visibility } from './visibility.ts'

export interface TrafficRule {
  readonly name: string
  readonly namespace: string
  readonly host: string
  readonly exportTo: Visibility
  /** Clients it is for, in its own namespace; undefined: all. */
  readonly clients: Labels | undefined
  readonly policy: TrafficPolicy | undefined
  readonly subsets: readonly Subset[]
  readonly created: string
  readonly origin: Origin
  /** Says one thing and is laid over the others (traffic-layer.ts); undefined: a rule of its own. */
  readonly layer?: Layer
}

export interface Subset {
  readonly name: string
  readonly labels: Labels
  readonly policy: TrafficPolicy | undefined
  readonly origin: Origin
}

/** The blocks that exist for the whole service, a port, or a subset. */
export interface PolicyBlocks {
  readonly balancer: Balancer | undefined
  readonly pool: ConnectionPool | undefined
  readonly outliers: OutlierDetection | undefined
  readonly tls: ClientTls | undefined
  readonly health?: HealthCheck | undefined
}

export interface TrafficPolicy extends PolicyBlocks {
  readonly ports: ReadonlyMap<number, PolicyBlocks>
  readonly tunnel: Tunnel | undefined
  readonly proxyProtocol: 1 | 2 | undefined
  readonly retryBudget: RetryBudget | undefined
}

/** Says nothing. */
export const NO_POLICY: TrafficPolicy = {
  balancer: undefined,
  pool: undefined,
  outliers: undefined,
  tls: undefined,
  ports: new Map(),
  tunnel: undefined,
  proxyProtocol: undefined,
  retryBudget: undefined,
}

export interface Tunnel {
  readonly method: 'CONNECT' | 'POST'
  readonly host: string
  readonly port: number
}

export interface RetryBudget {
  readonly percent: number
  readonly minConcurrency: number
}

export interface Balancer {
  readonly kind: 'least-request' | 'round-robin' | 'random' | 'passthrough' | 'consistent-hash'
  readonly hash: HashPolicy | undefined
  readonly warmup: Warmup | undefined
  readonly locality: LocalityPolicy | undefined
}

export interface HashPolicy {
  readonly key: HashKey
  readonly table: { readonly kind: 'ring' | 'maglev'; readonly size: number | undefined }
}

export type HashKey =
  | { readonly kind: 'header' | 'query'; readonly name: string }
  | { readonly kind: 'source-ip' }
  | {
      readonly kind: 'cookie'
      readonly name: string
      readonly path: string
      /** undefined: only read, never set. */
      readonly ttlMs: number | undefined
      readonly attributes: readonly { readonly name: string; readonly value: string }[]
    }

export interface Warmup {
  readonly ms: number
  readonly minimumPercent: number
  readonly aggression: number
}

export interface LocalityPolicy {
  readonly enabled: boolean
  readonly distribute: readonly { readonly from: string; readonly to: ReadonlyMap<string, number> }[]
  readonly failover: readonly { readonly from: string; readonly to: string }[]
  /** Labels, "key" (as the client's) or "key=value", the most important first. */
  readonly failoverPriority: readonly string[]
}

export interface ConnectionPool {
  readonly maxConnections: number | undefined
  readonly connectTimeoutMs: number | undefined
  readonly keepalive: Keepalive | undefined
  readonly maxConnectionDurationMs: number | undefined
  /** Of connections that carry TCP; 0: none. */
  readonly tcpIdleTimeoutMs: number | undefined
  readonly maxPendingRequests: number | undefined
  readonly maxRequests: number | undefined
  readonly maxRequestsPerConnection: number | undefined
  readonly maxRetries: number | undefined
  readonly httpIdleTimeoutMs: number | undefined
  readonly http2: 'upgrade' | 'never' | 'default'
  readonly useClientProtocol: boolean
  readonly maxConcurrentStreams: number | undefined
  readonly http2Keepalive: { readonly intervalMs: number; readonly timeoutMs: number } | undefined
}

export interface Keepalive {
  readonly probes: number | undefined
  readonly timeSeconds: number | undefined
  readonly intervalSeconds: number | undefined
}

/** undefined: the data plane's default; 0 failures: that check is off. */
export interface OutlierDetection {
  readonly consecutive5xx: number | undefined
  readonly consecutiveGateway: number | undefined
  readonly consecutiveLocal: number | undefined
  readonly splitLocal: boolean
  readonly intervalMs: number | undefined
  readonly ejectionMs: number | undefined
  readonly maxEjectionPercent: number | undefined
  readonly minHealthPercent: number
  /** Endpoints with more failures than that, in percent, are left out. */
  readonly failureRate?: FailureRate | undefined
  /** The longest that an endpoint is left out. */
  readonly maxEjectionMs?: number | undefined
  /** Whether an endpoint that passes an active check is let in before its time. @default true */
  readonly letInByHealthCheck?: boolean | undefined
}

export interface FailureRate {
  readonly percent: number
  readonly minimumRequests: number
  readonly minimumEndpoints: number
}

export interface ClientTls {
  /** mesh: the workload's own mesh identity on both sides (ISTIO_MUTUAL). */
  readonly mode: 'disable' | 'simple' | 'mutual' | 'mesh'
  /** Files, PEM. */
  readonly certificate: string
  readonly key: string
  readonly ca: string
  readonly crl: string
  /** The authorities themselves, PEM; goes before `ca`. */
  readonly authority?: string
  readonly credentialName: string
  /** A gateway with a certificate for backends shows it (Gateway API). */
  readonly gatewayCertificate?: true
  readonly subjectAltNames: readonly string[]
  readonly sni: string
  readonly skipVerify: boolean
}

/** TLS to a server that the machine's own authorities vouch for. */
export const SIMPLE_TLS: ClientTls = {
  mode: 'simple',
  certificate: '',
  key: '',
  ca: '',
  crl: '',
  credentialName: '',
  subjectAltNames: [],
  sni: '',
  skipVerify: false,
}

/** All rules for one host in one namespace, of one visibility and for the same clients, as one. */
export interface MergedRule extends TrafficRule {
  readonly origins: readonly Origin[]
  /** For routes that lead to the host; of one route before those of all. */
  readonly retries?: readonly RouteRetry[]
  /** Where requests to the host really go. */
  readonly split?: Split | undefined
}
