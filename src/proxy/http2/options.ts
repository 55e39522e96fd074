/**
 * What may be set on an HTTP/2 connection (envoy.config.core.v3.Http2ProtocolOptions), with its defaults.
 */
import type { Http2ProtocolOptions, KeepaliveSettings } from '../../xds/gen/envoy/config/core/v3/protocol.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { DEFAULT_WINDOW, LARGEST_WINDOW } from './frame.ts'

export interface Http2Options {
  /** Of a server: streams its peer may have open. Of a client: streams we open at most, whatever the peer allows. */
  readonly maxConcurrentStreams: number
  /** Octets a peer may send on one stream before they are passed on. */
  readonly initialStreamWindowSize: number
  /** Octets a peer may send on all streams of the connection before they are passed on. */
  readonly initialConnectionWindowSize: number
  /** Octets of the header tables: the peer's, and at most of ours. */
  readonly headerTableSize: number
  /** Extended CONNECT (RFC 8441): WebSocket over HTTP/2. */
  readonly allowConnect: boolean
  /** A message that breaks section 8 of RFC 9113 ends its stream only, not the connection. */
  readonly streamErrorOnInvalidMessage: boolean
  readonly maxOutboundFrames: number
  readonly maxOutboundControlFrames: number
  readonly maxConsecutiveEmptyFrames: number
  readonly maxPriorityFramesPerStream: number
  readonly maxWindowUpdatesPerDataFrame: number
  readonly keepalive: Keepalive
}

/** PINGs that find out whether the peer is still there. */
export interface Keepalive {
  /** Milliseconds between two; 0: none. */
  readonly intervalMs: number
  /** Milliseconds without any frame of the peer after one, until the connection is given up. */
  readonly timeoutMs: number
  /** At most this part of the interval is added to it, at random. */
  readonly jitter: number
  /** Milliseconds without a stream after which one goes ahead of the next stream; 0: none. */
  readonly idleMs: number
}

/**
 * Windows are smaller than Envoy's (16 and 24 MiB), because they bound what a slow reader makes us keep: 256 KiB a stream is enough for
 * 1 Gbit/s at 2 ms; the connection's must not let a few slow streams stop the others. The rest is Envoy's.
 */
const DEFAULTS: Http2Options = {
  maxConcurrentStreams: 1024,
  initialStreamWindowSize: 256 * 1024,
  initialConnectionWindowSize: 16 * 1024 * 1024,
  headerTableSize: 4096,
  allowConnect: false,
  streamErrorOnInvalidMessage: false,
  maxOutboundFrames: 10_000,
  maxOutboundControlFrames: 1000,
  maxConsecutiveEmptyFrames: 1,
  maxPriorityFramesPerStream: 100,
  maxWindowUpdatesPerDataFrame: 10,
  keepalive: { intervalMs: 0, timeoutMs: 0, jitter: 0.15, idleMs: 0 },
}

/** Our table for fields we send is never larger: a peer that offers more does not make us keep more. */
const LARGEST_TABLE = 64 * 1024

/**
 * @param message `http2_protocol_options` of a connection manager or a cluster
 * @param streamError of the connection manager (stream_error_on_invalid_http_message), where `message` says nothing
 * @throws naming the field that is out of bounds or not supported
 */
export function http2Options(message?: Http2ProtocolOptions, streamError = false): Http2Options {
  if (!message) return streamError ? { ...DEFAULTS, streamErrorOnInvalidMessage: true } : DEFAULTS
  if (message.allowMetadata) throw new Error('http2_protocol_options.allow_metadata is not supported, expected false')
  if (message.customSettingsParameters.length > 0)
    throw new Error('http2_protocol_options.custom_settings_parameters is not supported, expected none')
  return {
    maxConcurrentStreams: within('max_concurrent_streams', message.maxConcurrentStreams, 1) ?? DEFAULTS.maxConcurrentStreams,
    initialStreamWindowSize:
      within('initial_stream_window_size', message.initialStreamWindowSize, DEFAULT_WINDOW) ?? DEFAULTS.initialStreamWindowSize,
    initialConnectionWindowSize:
      within('initial_connection_window_size', message.initialConnectionWindowSize, DEFAULT_WINDOW) ??
      DEFAULTS.initialConnectionWindowSize,
    headerTableSize: Math.min(LARGEST_TABLE, message.hpackTableSize ?? DEFAULTS.headerTableSize),
    allowConnect: message.allowConnect,
    streamErrorOnInvalidMessage:
      message.overrideStreamErrorOnInvalidHttpMessage ?? (message.streamErrorOnInvalidHttpMessaging || streamError),
    maxOutboundFrames: within('max_outbound_frames', message.maxOutboundFrames, 1) ?? DEFAULTS.maxOutboundFrames,
    maxOutboundControlFrames:
      within('max_outbound_control_frames', message.maxOutboundControlFrames, 1) ?? DEFAULTS.maxOutboundControlFrames,
    maxConsecutiveEmptyFrames: message.maxConsecutiveInboundFramesWithEmptyPayload ?? DEFAULTS.maxConsecutiveEmptyFrames,
    maxPriorityFramesPerStream: message.maxInboundPriorityFramesPerStream ?? DEFAULTS.maxPriorityFramesPerStream,
    maxWindowUpdatesPerDataFrame: message.maxInboundWindowUpdateFramesPerDataFrameSent ?? DEFAULTS.maxWindowUpdatesPerDataFrame,
    keepalive: message.connectionKeepalive ? keepalive(message.connectionKeepalive) : DEFAULTS.keepalive,
  }
}

function keepalive(message: KeepaliveSettings): Keepalive {
  const timeoutMs = durationMs(message.timeout)
  if (timeoutMs === undefined) throw new Error('http2_protocol_options.connection_keepalive has no timeout, expected one')
  return {
    intervalMs: durationMs(message.interval) ?? 0,
    timeoutMs,
    jitter: (message.intervalJitter?.value ?? 15) / 100,
    idleMs: durationMs(message.connectionIdleInterval) ?? 0,
  }
}

function within(field: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (value >= least && value <= LARGEST_WINDOW)) return value
  throw new Error(`http2_protocol_options.${field} is ${value}, expected ${least} to ${LARGEST_WINDOW}`)
}
