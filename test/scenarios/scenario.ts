/**
 * The form of the scenario table: a row is a configuration, calls into the fixed topology (topology.ts) and what must come of them.
 * Every row runs on every data plane; an engine that cannot do one skips it with a written reason.
 */
export const ENGINES = ['envoy', 'mizzen', 'grpc'] as const
/** grpc: applications that are their own data plane (@grpc/grpc-js-xds); only rows that make nothing but gRPC calls. */
export type Engine = (typeof ENGINES)[number]

/** Who runs what: the pods that call and the gateway, and the pods that are called. */
export interface Sides {
  readonly callers: Engine
  readonly backends: Engine
}

export function fits({ calls }: Scenario, engine: Engine): boolean {
  return engine !== 'grpc' || calls.every(call => call.kind === 'grpc')
}

export interface Scenario {
  /** Says the rule, as documentation would. */
  readonly name: string
  /** Istio and Kubernetes objects on top of the topology; objects without a namespace are in `default`. */
  readonly config?: string
  readonly calls: readonly Call[]
  /** Both sides of a connection make it: it also runs with mizzen's proxy on one side and Envoy on the other. */
  readonly mixed?: boolean
  /** What makes the same call end differently each time (buckets, endpoints left out): who is asked beforehand cannot know. */
  readonly history?: string
  readonly skip?: Partial<Record<Engine, string>>
}

export type TrafficCall = HttpCall | TcpCall | GrpcCall | WebSocketCall
export type Call = TrafficCall | MetricsCall

/** Reads the metrics of a pod's proxy. */
export interface MetricsCall {
  readonly kind: 'metrics'
  /** Name of the pod without its number: "client", "solo-v1". */
  readonly from: string
  /** Each must be found in some line; within a moment, as Envoy merges its histograms every so often. */
  readonly lines: readonly RegExp[]
  /** None of these may be found. */
  readonly absent?: readonly RegExp[]
}

export interface HttpCall {
  readonly kind: 'http'
  /**
   * The pod that calls, through its sidecar's HTTP_PROXY; "gateway": from outside, through the ingress gateway; "stranger": from outside, to a pod's own
   * port, in plaintext.
   */
  readonly from: Caller
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How often; `expect.share` counts over all of them. @default 1 */
  readonly times?: number
  /** All at once instead of one after the other. */
  readonly parallel?: boolean
  readonly expect: HttpExpectation
}

export type Caller = 'client' | 'second-client' | 'gateway' | 'stranger'

/** A value, a pattern, or null: must be absent. */
export type Expected = string | RegExp | null

export interface HttpExpectation {
  /** @default 200 */
  readonly status?: number
  /** "service version" of the backend that answered: "echo v1". */
  readonly served?: string
  /** Path and query as the backend saw them. */
  readonly path?: string
  /** Host as the backend saw it. */
  readonly host?: string
  readonly method?: string
  /** Headers as the backend saw them. */
  readonly seen?: Readonly<Record<string, Expected>>
  readonly headers?: Readonly<Record<string, Expected>>
  readonly body?: string | RegExp
  /** Answers by "service version" (or status as "503"): how many of `times`, [least, most]. */
  readonly share?: Readonly<Record<string, readonly [number, number]>>
  /** All answers came from one pod. */
  readonly onePod?: boolean
  /** Distinct pods that answered, at least. */
  readonly pods?: number
  /** How many requests the backends of "service version" saw in total, [least, most], copies included. */
  readonly received?: Readonly<Record<string, readonly [number, number]>>
  /** Milliseconds one call takes, [least, most]. */
  readonly tookMs?: readonly [number, number]
}

export interface TcpCall {
  readonly kind: 'tcp'
  readonly from: Exclude<Caller, 'gateway'>
  /** service:port, reached over the caller's forward. */
  readonly to: string
  readonly send: string
  readonly times?: number
  /** served: "service version"; refused: the connection ends with no answer. */
  readonly expect: { readonly served?: string; readonly share?: HttpExpectation['share']; readonly refused?: boolean }
}

export interface GrpcCall {
  readonly kind: 'grpc'
  readonly from: Exclude<Caller, 'gateway'>
  /** service:port, in short or in full: over the caller's forward, or the target of a client without a proxy. */
  readonly to: string
  readonly rpc: 'Unary' | 'ServerStream' | 'BidiStream'
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly times?: number
  readonly expect: {
    /** gRPC status name. @default "OK" */
    readonly code?: string
    readonly served?: string
    readonly share?: HttpExpectation['share']
    readonly pods?: number
    /** All answers came from one pod. */
    readonly onePod?: boolean
    readonly messages?: readonly string[]
  }
}

export interface WebSocketCall {
  readonly kind: 'websocket'
  readonly from: Caller
  readonly url: string
  readonly send: string
  readonly expect: { readonly served?: string; readonly received: string }
}

type Rest<C, Fixed extends keyof C> = Omit<C, 'kind' | 'expect' | Fixed> & { from?: Caller }

/** A GET (or what `more.method` says) by the client pod. */
export function http(url: string, expect: HttpExpectation, more: Partial<Rest<HttpCall, 'url'>> = {}): HttpCall {
  return { kind: 'http', from: 'client', url, expect, ...more }
}

/** The same from outside, through the ingress gateway; the URL's host is what the Host header says. */
export function ingress(url: string, expect: HttpExpectation, more: Partial<Rest<HttpCall, 'url'>> = {}): HttpCall {
  return { kind: 'http', url, expect, ...more, from: 'gateway' }
}
