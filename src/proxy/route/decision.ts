/**
 * The routing seam: a RouteConfiguration compiled into closures when it arrives, asked once per request.
 */
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason } from '../http/stream.ts'

/** Where a decision came from: the configuration object, file and line that caused it (metadata "mizzen.dev" of the resource). */
export interface ConfigOrigin {
  readonly origin: string
  readonly file: string
  readonly line: number
  readonly rule: string
}

/** What the matchers may look at besides the head. */
export interface RouteContext {
  readonly remoteAddress: string
  /** 0 <= random() < 1, for weights and runtime fractions. */
  readonly random: () => number
}

export interface RouteDecision {
  readonly virtualHost: string
  readonly route: string // Envoy's route name; "default" as Istio's
  readonly origin: ConfigOrigin | undefined
  readonly action: RouteAction
}

export type RouteAction = ForwardAction | RedirectAction | DirectResponseAction

export interface DirectResponseAction {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: Uint8Array
  readonly applyResponseHeaders: (headers: Headers) => void
}

export interface RedirectAction {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  /** The Location value for this request. */
  readonly location: (head: RequestHead) => string
  readonly applyResponseHeaders: (headers: Headers) => void
}

export interface ForwardAction {
  readonly kind: 'forward'
  /** Chosen by weight or header when the decision was taken. */
  readonly cluster: string
  /** Status when the cluster does not exist (Envoy's cluster_not_found_response_code). @default 503 */
  readonly clusterNotFoundStatus: number
  readonly subset: ReadonlyMap<string, string> | undefined
  /** Rewrites path and authority, adds and removes request headers; called once per request, before the first attempt. */
  readonly prepare: (head: RequestHead) => void
  readonly applyResponseHeaders: (headers: Headers) => void
  readonly hash: ((head: RequestHead, context: RouteContext) => number | undefined) | undefined
  /** auto_host_rewrite: authority becomes the picked host's name. */
  readonly autoHostRewrite: boolean
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxStreamDurationMs: number
  readonly retry: RetryPolicy | undefined
  readonly mirrors: readonly Mirror[]
  /** Upgrades enabled by this route over the connection manager's: "websocket" -> true/false; "connect". */
  readonly upgrades: ReadonlyMap<string, boolean>
  /** CONNECT that is ended here and forwarded as plain TCP (upgrade_configs.connect_config). */
  readonly terminateConnect: boolean
  readonly priority: 'default' | 'high'
  readonly includeAttemptCount: boolean
  /** typed_per_filter_config of route, over weighted cluster, over virtual host: filter name -> the most specific Any. */
  readonly filterConfigs: ReadonlyMap<string, { readonly typeUrl: string; readonly value: Uint8Array }>
}

export interface Mirror {
  readonly cluster: string
  /** Whether this request is mirrored (runtime fraction). */
  readonly sample: (context: RouteContext) => boolean
  readonly disableShadowHostSuffix: boolean
}

export interface RetryPolicy {
  readonly maxRetries: number
  /** Milliseconds; 0: none beyond the route's timeout. */
  readonly perTryTimeoutMs: number
  readonly perTryIdleTimeoutMs: number
  readonly avoidPreviousHosts: boolean
  readonly hostSelectionAttempts: number
  /** Milliseconds to wait before retry number `attempt` (1 = first retry): exponential with full jitter. */
  readonly backoffMs: (attempt: number, random: () => number) => number
  /** Whether a response with these headers asks for a retry. */
  readonly retryOnResponse: (status: number, headers: Headers, requestMethod: string) => boolean
  readonly retryOnReset: (reason: ResetReason, responseStarted: boolean) => boolean
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
}
