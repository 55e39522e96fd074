/**
 * The codec seam: what an HTTP/1.1 or HTTP/2 connection offers to the filters above it, whichever protocol it speaks. One stream is
 * one request with its response. Everything is a synchronous call: no promise, no event emitter, no closure per request.
 *
 * Ownership of bytes: a chunk given to `onData` is a view of a read buffer that is reused as soon as the call returns. Whoever keeps
 * it copies it. `write` has taken or copied the bytes when it returns.
 */
import type { Headers } from './headers.ts'

export type HttpProtocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'

export interface RequestHead {
  readonly protocol: HttpProtocol
  method: string
  /** `:scheme`; of HTTP/1.1 requests by the transport they came over, or of an absolute-form target. */
  scheme: 'http' | 'https'
  /** `:authority` or Host (an absolute-form target wins over Host, RFC 9112 section 3.2.2). Empty only in HTTP/1.0. */
  authority: string
  /** `:path`: path and query, origin-form; `*` for OPTIONS *; empty for CONNECT. */
  path: string
  /** Without pseudo-headers, Host and hop-by-hop fields; `te: trailers` is kept. */
  readonly headers: Headers
  /**
   * The protocol asked for by Upgrade (HTTP/1.1) or `:protocol` (HTTP/2), in lower case: "websocket". CONNECT is told by method. Extended
   * CONNECT of HTTP/2 (RFC 8441) looks as over HTTP/1.1 on both sides: method GET, answered by 101.
   */
  upgrade: string | undefined
}

export interface ResponseHead {
  status: number
  readonly headers: Headers
}

/** Why a stream ended before its time. Each becomes an Envoy response flag further up. */
export type ResetReason =
  | 'connect-failure' // no connection could be made
  | 'connect-timeout'
  | 'connection-closed' // the connection ended under the stream
  | 'remote-reset' // RST_STREAM by the peer
  | 'refused-stream' // the peer vouches that it did not process the request: safe to retry
  | 'protocol-error' // the peer broke the protocol
  | 'local-reset' // our side gave up: timeout, client gone
  | 'overflow' // a circuit breaker or a pool limit
  | 'idle-timeout'

/** What the owner of a stream hears of the incoming direction. */
export interface StreamHandler {
  /** A part of the body, perhaps empty; `last`: the message ends here and no trailers follow. */
  onData(chunk: Buffer, last: boolean): void
  /** The message ends with these. */
  onTrailers(trailers: Headers): void
  /** Nothing follows, in either direction. Not called after both sides have ended properly, nor for one's own `reset`. */
  onReset(reason: ResetReason): void
  /** There is room again after `write` returned false. */
  onWritable(): void
}

export interface ResponseHandler extends StreamHandler {
  /** 1xx other than 101. */
  onInformational(head: ResponseHead): void
  /** `last`: no body and no trailers follow. After 101 or a 2xx to CONNECT the stream is a tunnel: bytes both ways, `last` closes a half. */
  onResponse(head: ResponseHead, last: boolean): void
}

/** The outgoing direction of a stream, and its controls. */
export interface StreamWriter {
  /** @returns false when more than the high-water mark is waiting: stop until `onWritable`. The bytes are accepted all the same. */
  write(chunk: Uint8Array, last: boolean): boolean
  /** Ends the message. */
  writeTrailers(trailers: Headers): void
  /** Ends the stream at once; the peer sees RST_STREAM or a closed connection. Idempotent, silent after the end. */
  reset(reason: ResetReason): void
  /** Stops and restarts `onData` (back-pressure to the peer); a few chunks already read may still arrive after pause. */
  pause(): void
  resume(): void
}

export interface ServerStream extends StreamWriter {
  readonly connection: ServerConnection
  /** 100, 103: before `respond`. */
  respondInformational(head: ResponseHead): void
  /** `last`: no body and no trailers follow. Status 101 (or 2xx to CONNECT) turns the stream into a tunnel. */
  respond(head: ResponseHead, last: boolean): void
}

export interface ClientStream extends StreamWriter {}

/** Called for each request when its head is complete; returns who hears the rest. `last`: the request has no body. */
export type OnRequest = (stream: ServerStream, head: RequestHead, last: boolean) => StreamHandler

/** A downstream connection that has been told apart as HTTP. */
export interface ServerConnection {
  readonly protocol: HttpProtocol
  /** Streams that have not ended. */
  readonly active: number
  /** Finish what is under way, refuse what is new: `Connection: close` on the next response, GOAWAY. Closes when idle. */
  drain(): void
  destroy(): void
}

/** An upstream connection. */
export interface ClientConnection {
  readonly protocol: HttpProtocol
  readonly active: number
  /** How many more streams may be opened now: 0 or 1 in HTTP/1.1, the peer's limit in HTTP/2. 0 once draining or closed. */
  readonly capacity: number
  /** `last`: the request has no body. @throws never: a failure arrives as `onReset`, not before this returns. */
  open(head: RequestHead, last: boolean, handler: ResponseHandler): ClientStream
  /** No new streams; closes when idle. */
  drain(): void
  destroy(): void
}

/** What the owner of a client connection (a pool) hears. */
export interface ClientConnectionOwner {
  /** Capacity may have grown: a stream ended, the peer raised its limit. */
  onCapacity(connection: ClientConnection): void
  /** The peer wants no new streams (GOAWAY, Connection: close). */
  onDraining(connection: ClientConnection): void
  onClosed(connection: ClientConnection): void
}
