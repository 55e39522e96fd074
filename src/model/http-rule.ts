/** One rule for HTTP requests: when it applies, where the request goes, what happens on the way. Durations in milliseconds. */
import type { Labels } from './labels.ts'
import type { Origin } from './origin.ts'

export type TextMatch = { readonly kind: 'exact' | 'prefix' | 'regex'; readonly value: string } | { readonly kind: 'present' }

/** segments: whole elements of the path, "/a" matches "/a" and "/a/b" but not "/ab". */
export type PathMatch = TextMatch | { readonly kind: 'segments'; readonly value: string }

export interface NamedMatch {
  readonly name: string
  readonly match: TextMatch
}

/** A condition on a verified token's payload. */
export interface ClaimMatch {
  /** From outside in. */
  readonly path: readonly string[]
  readonly match: TextMatch
  /** It must not match; a claim that is absent fulfils this. */
  readonly inverted: boolean
}

/** All conditions must hold. */
export interface HttpMatch {
  readonly name: string
  readonly uri: PathMatch | undefined
  readonly ignoreUriCase: boolean
  readonly scheme: TextMatch | undefined
  readonly method: TextMatch | undefined
  readonly authority: TextMatch | undefined
  readonly headers: readonly NamedMatch[]
  /** Headers that must not match; one that is absent fulfils this. */
  readonly withoutHeaders: readonly NamedMatch[]
  readonly queryParams: readonly NamedMatch[]
  readonly claims: readonly ClaimMatch[]
  readonly client: ClientMatch
  readonly statPrefix: string
}

/** The conditions on who asks and where, decided when a proxy's configuration is made and not per request. */
export interface ClientMatch {
  /** Port of the listener. */
  readonly port: number | undefined
  readonly labels: Labels
  readonly namespace: string
  /** Where the rule is attached instead of where its object is; empty: as the object. */
  readonly attachments: readonly string[]
}

export const ANY_CLIENT: ClientMatch = { port: undefined, labels: {}, namespace: '', attachments: [] }

/** Without a condition. */
export const ANY_REQUEST: HttpMatch = {
  name: '',
  uri: undefined,
  ignoreUriCase: false,
  scheme: undefined,
  method: undefined,
  authority: undefined,
  headers: [],
  withoutHeaders: [],
  queryParams: [],
  claims: [],
  client: ANY_CLIENT,
  statPrefix: '',
}

export interface Destination {
  readonly host: string
  readonly subset: string
  /** Absent: the only port of the service, else the port the request came to. */
  readonly port: number | undefined
}

export interface HttpDestination extends Destination {
  readonly weight: number
  readonly headers: HeaderChanges
  /** Leads nowhere by configuration: its share is answered with this status. */
  readonly refused?: 500 | 503
}

export interface HeaderEdit {
  readonly set: readonly (readonly [name: string, value: string])[]
  readonly add: readonly (readonly [name: string, value: string])[]
  readonly remove: readonly string[]
}

export interface HeaderChanges {
  readonly request: HeaderEdit
  readonly response: HeaderEdit
}

const NO_EDIT: HeaderEdit = { set: [], add: [], remove: [] }
export const NO_HEADER_CHANGES: HeaderChanges = { request: NO_EDIT, response: NO_EDIT }

export interface Redirect {
  readonly kind: 'redirect'
  readonly status: number
  readonly path:
    | { readonly kind: 'whole' | 'prefix'; readonly value: string }
    | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string }
    | undefined
  readonly authority: string
  readonly scheme: string
  /** 'request': the port of the request even where it is the scheme's default. 'listener': only where it is not. */
  readonly port: number | 'default' | 'request' | 'listener' | undefined
}

export interface DirectResponse {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: Uint8Array | undefined
}

export interface Rewrite {
  /** Replaces what the uri match matched: a prefix, or the whole path. */
  readonly uri: string
  readonly regex: { readonly pattern: string; readonly substitution: string } | undefined
  readonly authority: string
}

export interface Forward {
  readonly kind: 'forward'
  readonly destinations: readonly HttpDestination[]
  readonly rewrite: Rewrite | undefined
  readonly mirrors: readonly Mirror[]
  /** Of the whole request with its retries; 0: none. */
  readonly timeoutMs: number
  /** undefined: the mesh's default. */
  readonly retry: RetryPolicy | undefined
}

export interface Mirror {
  readonly destination: Destination
  /** 0 to 100. */
  readonly percent: number
}

export interface RetryPolicy {
  /** 0: no retries. */
  readonly attempts: number
  readonly perTryTimeoutMs: number | undefined
  /** Conditions in Envoy's words, without numbers. */
  readonly on: readonly string[]
  readonly statuses: readonly number[]
  readonly remoteLocalities: boolean
  readonly avoidPreviousHosts: boolean
  readonly backoffMs: number | undefined
  /** The longest wait; undefined: ten times the first. */
  readonly maxBackoffMs?: number | undefined
  /** Only requests that may be sent twice without harm. @default false */
  readonly idempotentOnly?: boolean
}

export interface Fault {
  readonly delay: { readonly ms: number; readonly percent: number } | undefined
  readonly abort: { readonly kind: 'http' | 'grpc'; readonly status: number; readonly percent: number } | undefined
}

export interface Cors {
  readonly origins: readonly TextMatch[]
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  readonly expose: readonly string[]
  readonly maxAgeSeconds: number | undefined
  readonly credentials: boolean | undefined
  /** Preflights from other origins go on to the service. */
  readonly forwardUnmatchedPreflights: boolean
}

export interface HttpRule {
  readonly name: string
  /** Any of them; none: always. */
  readonly matches: readonly HttpMatch[]
  readonly action: Forward | Redirect | DirectResponse
  readonly headers: HeaderChanges
  readonly fault: Fault | undefined
  readonly cors: Cors | undefined
  /** Requests of one client stay with one endpoint, which is written down in a cookie or a header. */
  readonly session?: HttpSession
  readonly origin: Origin
}

export type HttpSession =
  /** @property lifetimeMs 0: until the browser is closed */
  | { readonly kind: 'cookie'; readonly name: string; readonly path: string; readonly lifetimeMs: number }
  | { readonly kind: 'header'; readonly name: string }
