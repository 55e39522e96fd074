/**
 * What may be set on an HTTP/2 connection, with the defaults of this stand-in.
 */
import type { Http2ProtocolOptions } from '../../xds/gen/envoy/config/core/v3/protocol.ts'

export interface Http2Options {
  /** Of a server: streams its peer may have open. Of a client: streams we open at most, whatever the peer allows. */
  readonly maxConcurrentStreams: number
  /** Bytes a peer may send on one stream before we read them. */
  readonly initialStreamWindowSize: number
  /** Bytes a peer may send on all streams of the connection before we read them. */
  readonly initialConnectionWindowSize: number
  /** Extended CONNECT (RFC 8441): WebSocket over HTTP/2. */
  readonly allowConnect: boolean
}

/**
 * Smaller windows than Envoy's 256 MiB, because they bound what a slow reader makes us keep; still enough for 1 Gbit/s at 2 ms.
 * Streams: as many as Envoy's example for untrusted clients, ten times.
 */
const DEFAULTS: Http2Options = {
  maxConcurrentStreams: 1000,
  initialStreamWindowSize: 256 * 1024,
  initialConnectionWindowSize: 1024 * 1024,
  allowConnect: false,
}

/** @param message `http2_protocol_options` of a connection manager or a cluster */
export function http2Options(message?: Http2ProtocolOptions): Http2Options {
  if (!message) return DEFAULTS
  return {
    maxConcurrentStreams: message.maxConcurrentStreams ?? DEFAULTS.maxConcurrentStreams,
    initialStreamWindowSize: message.initialStreamWindowSize ?? DEFAULTS.initialStreamWindowSize,
    initialConnectionWindowSize: message.initialConnectionWindowSize ?? DEFAULTS.initialConnectionWindowSize,
    allowConnect: message.allowConnect,
  }
}

/** For every session of node:http2. */
export const SESSION_OPTIONS = {
  /** Megabytes one connection may use before streams are refused; Node's default of 10 is small for a proxy. */
  maxSessionMemory: 128,
  /** Repeated fields pass through as they came; judging them is the origin's matter. (Missing in the client's types.) */
  strictSingleValueFields: false,
}
