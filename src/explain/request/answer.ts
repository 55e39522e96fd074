/** What `explain` says of one call: the names of everything it met, what becomes of it, and the way there, step by step. */
import type { Cause } from './cause.ts'

/** Why a call does not get through; the words of Istio's own simulation. */
export type ErrorName =
  | 'NoListener'
  | 'NoFilterChain'
  | 'MultipleFilterChain'
  | 'NoVirtualHost'
  | 'NoRoute'
  | 'TLSRedirect'
  | 'ProtocolError'
  | 'TLSError'
  | 'MTLSError'

export interface Step {
  /** What was decided, in a word or two: "listener", "route". */
  readonly subject: string
  /** The decision, in one line. */
  readonly text: string
  /** What caused it; undefined: nothing but the mesh itself. */
  readonly cause?: Cause
  /** More about it, a line each. */
  readonly notes?: readonly string[]
}

/** An address that may get the request. */
export interface EndpointOdds {
  /** "10.0.0.5:8080", or a name that is resolved when it is needed. */
  readonly address: string
  /** 0 to 1, among all endpoints of this outcome. */
  readonly share: number
  /** "namespace/name", where the mesh knows it. */
  readonly workload?: string
}

export type Action =
  | Forward
  /** The proxy answers itself. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly details: string
      readonly location?: string
      readonly body?: string
    }
  /** The connection is closed without an answer. */
  | { readonly kind: 'closed'; readonly reason: string }

/** On its way to one of these endpoints. */
export interface Forward {
  readonly kind: 'forward'
  readonly cluster: string
  readonly endpoints: readonly EndpointOdds[]
  /** How the connection to the endpoint is made. */
  readonly tls: 'plaintext' | 'tls' | 'mtls'
  /** undefined: bytes, not requests. */
  readonly request?: ForwardedRequest
}

/** A request as it is sent on. Times in milliseconds; absent: without limit. */
export interface ForwardedRequest {
  readonly authority: string
  readonly path: string
  /** Header names in lower case. */
  readonly headersSet: Readonly<Record<string, string>>
  readonly headersRemoved: readonly string[]
  readonly timeoutMs?: number
  readonly perTryTimeoutMs?: number
  readonly retries?: { readonly attempts: number; readonly on: readonly string[] }
  /** Copies that nobody waits for. */
  readonly mirrors: readonly { readonly cluster: string; readonly share: number }[]
}

export interface Outcome {
  /** 0 to 1. */
  readonly share: number
  readonly action: Action
  /** Milliseconds it is held up before, by fault injection. */
  readonly delayMs?: number
}

export interface Answer {
  /** null: the call gets through. */
  readonly error: ErrorName | null
  readonly listener?: string
  readonly filterChain?: string
  readonly routeConfig?: string
  readonly virtualHost?: string
  readonly route?: string
  /** Of the likeliest outcome. */
  readonly cluster?: string
  /** The likeliest outcome; undefined where the connection itself fails. */
  readonly action?: Action
  /** All that may happen, the likeliest first. */
  readonly outcomes: readonly Outcome[]
  readonly steps: readonly Step[]
  /** The same call as the proxy of the likeliest endpoint meets it; undefined: there is no proxy that the mesh knows. */
  readonly server?: ServerSide
}

export interface ServerSide {
  /** "namespace/name" */
  readonly workload: string
  readonly answer: Answer
}
