/**
 * The upstream seam: what a cluster offers to the router filter and the TCP proxy. The other side of it (endpoint discovery, balancing,
 * connection pools, circuit breakers) lives in this folder.
 */

import type { Host, PickContext } from '../balance/host.ts'
import type { ClientStream, RequestHead, ResponseHandler } from '../http/stream.ts'
import type { Transport } from '../net/transport.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header.ts'

export type ResourcePriority = 'default' | 'high'

export interface Cluster {
  readonly name: string
  /** Cluster metadata as JSON, for logs and `explain`. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** How it picks, and among how many, for the story of a request. @default not told */
  readonly balance?: Balance
  /**
   * Picks a host by the cluster's policy. undefined: none is healthy or known ("no healthy upstream", flag UH).
   * A name that must be resolved first (dynamic forward proxy) yields a host that connects once resolved.
   */
  pick(context: PickContext): Host | undefined
  /**
   * Opens a request stream to `host` over a pooled connection; waits for one if needed (pending requests are limited).
   * Circuit breakers: over a limit the handler gets `onReset('overflow')`. Failures always arrive as `onReset`, after this returns.
   *
   * While it waits for a connection, `head` is still to be read: it must not be changed before the response, a reset or `connected`.
   */
  open(host: Host, head: RequestHead, last: boolean, handler: ResponseHandler, priority?: ResourcePriority): UpstreamStream
  /**
   * Opens a connection of its own, for the TCP proxy. The owner hears `onConnected` or `onConnectFailed`, once, not before this returns.
   *
   * @param client whom a PROXY protocol header names, where the cluster has one. @default the proxy itself
   */
  connect(host: Host, owner: ConnectOwner, client?: ProxiedAddresses): PendingConnect
  /** Takes a place among the cluster's concurrent retries (circuit breaker max_retries / retry budget); false: no place (flag URX/UO). */
  acquireRetry(priority?: ResourcePriority): boolean
  releaseRetry(priority?: ResourcePriority): void
  /** Outlier detection and statistics read what became of each attempt. `status` 0: reset before headers. */
  report(host: Host, status: number, outcome: AttemptOutcome): void
  /** Counts an answer that was given in the cluster's place as one of its responses. */
  chargeResponse(status: number): void
}

export interface Balance {
  /** "round robin", "least request" ... */
  readonly policy: string
  readonly hosts: number
  readonly healthy: number
  /** By outlier detection. */
  readonly ejected: number
}

/** 'timeout': of the whole request; 'per-try-timeout': of this attempt only. */
export type AttemptOutcome = 'response' | 'connect-failure' | 'reset' | 'timeout' | 'per-try-timeout'

/** A request stream, with what retry logic and access log ask of its connection. */
export interface UpstreamStream extends ClientStream {
  /** The request's head was given to a connection: from here on the upstream may have seen it. */
  readonly connected: boolean
  /**
   * The connection had served a request before: if it closes before any byte of the response, that is most likely its keep-alive
   * timeout crossing our request, and what is idempotent may be sent again (RFC 9112 section 9.3.1).
   */
  readonly reused: boolean
  /** Why no connection could be made, in Envoy's words where it has some; empty when one was. */
  readonly connectError: string
}

export interface ConnectOwner {
  /** `transport.handler` must be set before this returns. */
  onConnected(transport: Transport): void
  onConnectFailed(reason: 'connect-failure' | 'connect-timeout' | 'overflow', error: Error | undefined): void
}

export interface PendingConnect {
  cancel(): void
}

export interface Clusters {
  get(name: string): Cluster | undefined
}
