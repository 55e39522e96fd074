/**
 * What became of one request (or of one proxied TCP connection), and why: the one object that access log, metrics, spans, the list of recent
 * requests and `explain` read. The hot path only writes fields; whoever wants more makes it of them afterwards (story.ts).
 * Times are milliseconds of `performance.now()` unless said otherwise; 0: it did not come to that.
 */
import type { Host } from '../balance/host.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import { DynamicMetadata, type JsonObject } from '../metadata/dynamic.ts'
import type { ConfigOrigin } from '../route/decision.ts'
import type { RequestTrace } from '../tracing/request-trace.ts'
import type { Denial } from './denials.ts'
import type { ResponseFlag } from './response-flags.ts'

/** Which way the listener leads: to the application beside the proxy, away from it (gateways too), or it does not say. */
export type Side = 'inbound' | 'outbound' | 'unspecified'

/** A try that was not the last one. */
export interface FormerTry {
  readonly host: Host | undefined
  readonly startedAt: number
  readonly endedAt: number
  /** Its response's status; 0: there was none. */
  readonly status: number
  /** "remote connection failure", "503", "per-try timeout": why it was given up. */
  readonly reason: string
}

export class DecisionRecord {
  readonly connection: Connection
  readonly side: Side
  /** The address the request came from as far as it can be trusted: x-forwarded-for may say more than the connection. */
  remoteAddress: string
  /** Milliseconds since the epoch. */
  readonly startTime = Date.now()
  readonly startedAt = performance.now()
  /** The last byte of the request came in. */
  requestEndedAt = 0
  /** The first attempt was sent, the response's head came in, its last byte did. */
  upstreamStartedAt = 0
  upstreamFirstByteAt = 0
  upstreamEndedAt = 0
  /** The response's head, and its last byte, went out. */
  responseStartedAt = 0
  endedAt = 0

  /** undefined: a TCP connection. */
  request: RequestHead | undefined
  /** `:path` before any rewrite. */
  originalPath = ''
  responseHeaders: Headers | undefined
  responseTrailers: Headers | undefined
  status = 0
  /** Envoy's response flags in the order in which they came up: "URX,UF". */
  flags = ''
  /** %RESPONSE_CODE_DETAILS%: "via_upstream", or what in the proxy answered. */
  details = ''
  /** Why the connection to the upstream failed. */
  transportFailure = ''
  bytesReceived = 0
  bytesSent = 0
  /** gRPC messages; 0 of anything else. */
  requestMessages = 0
  responseMessages = 0

  virtualHost = ''
  route = ''
  /** The configuration object that took the decision. */
  origin: ConfigOrigin | undefined
  cluster: Cluster | undefined
  host: Host | undefined
  upstreamLocalAddress = ''
  attempts = 0
  /** When the try under way began; 0: the first one, at `upstreamStartedAt`. */
  tryStartedAt = 0
  /** Tries before the last one; undefined: there was only one. */
  formerTries: FormerTry[] | undefined

  /** Its place in a trace; undefined: nobody traces here. */
  trace: RequestTrace | undefined
  /** The access rule that decided, by its name in the configuration, allowing or not; empty: none did. */
  policy = ''

  /** What filters left behind; undefined: nothing. */
  metadata: DynamicMetadata | undefined
  /** Why a policy refused it; undefined: none did. */
  denial: Denial | undefined

  constructor(connection: Connection, side: Side = 'unspecified') {
    this.connection = connection
    this.side = side
    this.remoteAddress = connection.facts.remoteAddress
  }

  addFlag(flag: ResponseFlag): void {
    if (this.flags === '') this.flags = flag
    else if (!this.flags.split(',').includes(flag)) this.flags += `,${flag}`
  }

  /** The try under way is given up for another one. */
  tryOver(status: number, reason: string): void {
    this.formerTries ??= []
    const startedAt = this.tryStartedAt || this.upstreamStartedAt
    this.formerTries.push({ host: this.host, startedAt, endedAt: performance.now(), status, reason })
  }

  addMetadata(filter: string, fields: JsonObject): void {
    this.metadata ??= new DynamicMetadata()
    this.metadata.merge(filter, fields)
  }
}
