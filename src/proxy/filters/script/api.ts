/**
 * What a module of a TypeScriptFilter is written against: `import type { Filter } from 'mizzen/filter'`. Types only; `Headers` and `Response` are
 * the ones of the Fetch API that Node has.
 */

/** Nothing, or a promise of nothing: the message goes on as the hook left it. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions that return nothing are of this type
type Unchanged = undefined | void

/** The default export. Every hook may be async; all of it counts against the filter's time limit. */
export interface Filter<Config = unknown> {
  /** The head of a request is complete. A Response that is returned goes to the client, and the upstream is not asked. */
  onRequest?(request: FilterRequest, context: FilterContext<Config>): Result<Response | Unchanged>
  /** The whole body of a request. What is returned takes its place; a Response answers. */
  onRequestBody?(
    body: Buffer,
    request: FilterRequest,
    context: FilterContext<Config>,
  ): Result<Response | string | Uint8Array | Unchanged>
  /** The trailers of a request: gRPC clients and some HTTP/1.1 ones send them. */
  onRequestTrailers?(trailers: Headers, request: FilterRequest, context: FilterContext<Config>): Result<Unchanged>
  /** The head of a response, the proxy's own ones too. A Response that is returned takes its place. */
  onResponse?(response: FilterResponse, request: FilterRequest, context: FilterContext<Config>): Result<Response | Unchanged>
  /** The whole body of a response. What is returned takes its place. */
  onResponseBody?(
    body: Buffer,
    response: FilterResponse,
    request: FilterRequest,
    context: FilterContext<Config>,
  ): Result<Response | string | Uint8Array | Unchanged>
  /** The trailers of a response: the status of a gRPC call is among them. */
  onResponseTrailers?(
    trailers: Headers,
    response: FilterResponse,
    request: FilterRequest,
    context: FilterContext<Config>,
  ): Result<Unchanged>
}

type Result<T> = T | Promise<T>

/** Fields that may be written change what is sent on, until the head has been sent: that is after onRequestBody, if there is one. */
export interface FilterRequest {
  method: string
  readonly scheme: 'http' | 'https'
  /** The Host header. */
  authority: string
  /** Path and query. Routes are looked up again when it has changed. */
  path: string
  readonly headers: Headers
}

export interface FilterResponse {
  status: number
  readonly headers: Headers
}

export interface FilterContext<Config = unknown> {
  /** `config` of the TypeScriptFilter. */
  readonly config: Config
  /** "namespace/name" of the TypeScriptFilter. */
  readonly name: string
  readonly client: {
    readonly address: string
    /** SPIFFE id, where the connection has mutual TLS. */
    readonly identity: string | undefined
  }
  /** Kept from hook to hook of one request. */
  readonly state: Record<string, unknown>
  /** Writes a line to the log of the proxy. */
  log(message: string): void
}
