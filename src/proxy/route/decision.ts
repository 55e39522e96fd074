/**
 * The routing seam: a RouteConfiguration compiled into closures when it arrives, asked once per request.
 */
import type { DescriptorRule } from '../filters/rate-limit/descriptors.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason } from '../http/stream.ts'
import type { DynamicMetadata } from '../metadata/dynamic.ts'
import type { InternalRedirects } from './internal-redirect.ts'

/** Where a decision came from: the configuration object, file and line that caused it (metadata "mizzen.dev" of the resource). */
export interface ConfigOrigin {
  readonly origin: string
  readonly file: string
  readonly line: number
  readonly rule: string
}

/** What matchers, hash policies and %COMMAND% operators may look at besides the head; the connection manager's stream itself. */
export interface RouteContext {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Milliseconds since the epoch when the request's head was complete: %START_TIME%. */
  readonly startTime: number
  /** 0 <= random() < 1, for weights and runtime fractions. */
  readonly random: () => number
  /** What filters have left so far; undefined: nothing. */
  readonly metadata: DynamicMetadata | undefined
  /** A session cookie made by a hash policy: goes into the response as a Set-Cookie field. */
  setCookie(value: string): void
}

/** What response header operators may look at besides. */
export interface ResponseContext extends RouteContext {
  /** Address "ip:port" of the upstream host that answered; undefined: the proxy answered itself. */
  readonly upstreamHost: string | undefined
  readonly upstreamCluster: string | undefined
  readonly responseCode: number
  /** Envoy's response flags, "-" when none. */
  readonly responseFlags: string
}

/** Adds and removes response headers as all levels of the route configuration say. `head`: the request, as it was sent upstream. */
export type ApplyResponseHeaders = (headers: Headers, head: RequestHead, context: ResponseContext) => void

/** A typed_per_filter_config entry. The same object for every request of a route: a key for caches of what is compiled from it. */
export interface FilterOverride {
  readonly typeUrl: string
  readonly value: Uint8Array
  /** The filter is switched off for this route (envoy.config.route.v3.FilterConfig.disabled). */
  readonly disabled: boolean
}

export interface RouteDecision {
  readonly virtualHost: string
  readonly route: string // Envoy's route name; "default" as Istio's
  readonly origin: ConfigOrigin | undefined
  /** What spans are named by. */
  readonly decorator: RouteDecorator | undefined
  /** In place of the connection manager's. */
  readonly sampling: SamplingRates | undefined
  readonly action: RouteAction
}

/** Percentages of traced requests, 0 to 100. */
export interface SamplingRates {
  /** Of the requests with x-client-trace-id. */
  readonly client: number
  /** Of those that nobody has decided on. */
  readonly random: number
  /** Of all that were decided for. */
  readonly overall: number
}

export interface RouteDecorator {
  readonly operation: string
  /** The other side is told (x-envoy-decorator-operation). */
  readonly propagate: boolean
}

export type RouteAction = ForwardAction | RedirectAction | DirectResponseAction

interface ActionBase {
  readonly applyResponseHeaders: ApplyResponseHeaders
  /** typed_per_filter_config, the most specific of weighted cluster, route, virtual host and route configuration by filter name. */
  readonly filterConfigs: ReadonlyMap<string, FilterOverride>
}

export interface DirectResponseAction extends ActionBase {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: Uint8Array
}

export interface RedirectAction extends ActionBase {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  /** The Location value for this request. */
  readonly location: (head: RequestHead) => string
}

export interface ForwardAction extends ActionBase {
  readonly kind: 'forward'
  /** Chosen by weight or header when the decision was taken. */
  readonly cluster: string
  /** Status when the cluster does not exist (Envoy's cluster_not_found_response_code). @default 503 */
  readonly clusterNotFoundStatus: number
  readonly subset: ReadonlyMap<string, string> | undefined
  /** Rewrites path and authority, adds and removes request headers; called once per request, before the first attempt. */
  readonly prepare: (head: RequestHead, context: RouteContext) => void
  /** 64 bits, as Envoy's, so that keys land on the same host. Call before `prepare`. */
  readonly hash: ((head: RequestHead, context: RouteContext) => bigint | undefined) | undefined
  /** auto_host_rewrite: authority becomes the picked host's name. */
  readonly autoHostRewrite: boolean
  /** The authority that a rewrite replaces is appended to x-forwarded-host (here: for auto_host_rewrite; `prepare` does the others). */
  readonly appendForwardedHost: boolean
  /** Milliseconds; 0: none. Envoy's default is 15,000. `requestTimeouts` (timeouts.ts) adds what the request's headers ask for. */
  readonly timeoutMs: number
  /** Milliseconds; 0: none; undefined: as the connection manager says (stream_idle_timeout). */
  readonly idleTimeoutMs: number | undefined
  /** Milliseconds; 0: none; undefined: as the connection manager says. */
  readonly maxStreamDurationMs: number | undefined
  /** How far a grpc-timeout request header counts; undefined: not at all. */
  readonly grpcTimeout: GrpcTimeoutRule | undefined
  readonly retry: RetryPolicy | undefined
  /** undefined: redirects go to the client. */
  readonly internalRedirects: InternalRedirects | undefined
  readonly mirrors: readonly Mirror[]
  /** For rate limit filters: what tells requests apart. */
  readonly rateLimits: readonly DescriptorRule[]
  /** Upgrades enabled by this route over the connection manager's: "websocket" -> true/false; "connect". */
  readonly upgrades: ReadonlyMap<string, boolean>
  /** CONNECT that is ended here and forwarded as plain TCP (upgrade_configs.connect_config). */
  readonly terminateConnect: boolean
  readonly priority: 'default' | 'high'
  readonly includeAttemptCount: boolean
  readonly includeAttemptCountInResponse: boolean
}

export interface GrpcTimeoutRule {
  /** Whether grpc-timeout replaces the route's timeout (max_grpc_timeout) or the stream's maximum duration (grpc_timeout_header_max). */
  readonly replaces: 'timeout' | 'stream-duration'
  /** Milliseconds; 0: as long as the header says. */
  readonly maxMs: number
  /** Milliseconds taken off the header's value. */
  readonly offsetMs: number
}

/** Where the action depends on the request: chosen by weight or by a header. */
export interface ForwardChoice {
  readonly kind: 'choice'
  decide(head: RequestHead, context: RouteContext): ForwardAction
  /** For `explain`: all that `decide` may come to for this request. */
  outcomes(head: RequestHead): readonly Outcome<ForwardAction>[]
}

/** One of several things that may happen. */
export interface Outcome<T> {
  /** 0 to 1; those of all outcomes add up to 1. */
  readonly share: number
  readonly result: T
}

export interface Mirror {
  readonly cluster: string
  /** How many of the requests are mirrored, 0 to 1 (runtime fraction). */
  readonly fraction: number
  /** Whether this request is mirrored. */
  readonly sample: (context: RouteContext) => boolean
  readonly disableShadowHostSuffix: boolean
}

export interface RetryPolicy {
  /** The conditions by name, status codes among them, for people: "5xx", "503". */
  readonly conditions: readonly string[]
  /** Whether requests like this are retried at all (retriable_request_headers). */
  readonly appliesTo: (head: RequestHead) => boolean
  readonly maxRetries: number
  /** Milliseconds; 0: none beyond the route's timeout. */
  readonly perTryTimeoutMs: number
  readonly perTryIdleTimeoutMs: number
  /** Give the balancer the hosts already tried (PickContext.tried) to avoid them. */
  readonly avoidPreviousHosts: boolean
  /** update_frequency of the previous_priorities plug-in (goes into PickContext); 0: priorities are not avoided. */
  readonly previousPrioritiesFrequency: number
  readonly hostSelectionAttempts: number
  /** Milliseconds to wait before retry number `attempt` (1 = first retry): exponential with full jitter. */
  readonly backoffMs: (attempt: number, random: () => number) => number
  /**
   * Milliseconds to wait because the response says so (rate_limited_retry_back_off: Retry-After and the like); undefined: it does
   * not, use `backoffMs`. `now`: milliseconds since the epoch.
   */
  readonly rateLimitedBackoffMs: (headers: Headers, now: number, random: () => number) => number | undefined
  /** Whether a response with these headers asks for a retry. */
  readonly retryOnResponse: (status: number, headers: Headers) => boolean
  /** `requestStarted`: the request's head was written to a connection (for reset-before-request). */
  readonly retryOnReset: (reason: ResetReason, responseStarted: boolean, requestStarted: boolean) => boolean
  /** Per-try timeout expired. */
  readonly retryOnTimeout: boolean
}

/** A compiled RouteConfiguration. */
export interface RouteTable {
  readonly name: string
  /**
   * @returns undefined: no virtual host or no route matches (404, flag NR). 'tls-required': the virtual host demands TLS of a plaintext
   * request (301 to https).
   */
  match(head: RequestHead, context: RouteContext): RouteDecision | 'tls-required' | undefined
  /** The same decision with the way to it, for `explain`. */
  trace(head: RequestHead, context: RouteContext): RouteTrace
}

/** Which parts of a RouteConfiguration a request met. */
export interface RouteTrace {
  /** By name; undefined: none has the request's host. */
  readonly virtualHost: string | undefined
  /** The virtual host demands TLS of this plaintext request. */
  readonly tlsRequired: boolean
  /** Index in the virtual host's routes; undefined: none matches. */
  readonly route: number | undefined
  /** The path that routes were compared with. */
  readonly path: string
  /** More than one where weights decide. */
  readonly outcomes: readonly Outcome<RouteDecision>[]
}
