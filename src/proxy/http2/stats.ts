/**
 * What HTTP/2 connections count, under Envoy's names: http2.* of all that clients open, cluster.<name>.http2.* of those to a cluster. One group for
 * many connections.
 */
import type { Flood } from './flood-guard.ts'

export class Http2Stats {
  /** Now. */
  streams_active = 0
  /** Heads beyond the limits. */
  header_overflow = 0
  inbound_empty_frames_flood = 0
  inbound_priority_frames_flood = 0
  inbound_window_update_frames_flood = 0
  /** Of peers that do not read what they are sent: frames of all kinds, and answers. */
  outbound_flood = 0
  outbound_control_flood = 0
  /** Messages that are none. */
  rx_messaging_error = 0
  rx_reset = 0
  tx_reset = 0
  /** Streams that the peer had no part in. */
  stream_refused_errors = 0
  /** Of requests. */
  trailers = 0
  /** Streams that were written whole, and that nobody took. */
  tx_flush_timeout = 0
  /** No answer to PING. */
  keepalive_timeout = 0
  goaway_sent = 0

  /** A peer made us work for nothing. Those that have no name in Envoy's list end a connection as its own limits of streams and heads do. */
  flood(flood: Flood): void {
    if (flood === 'empty frames') this.inbound_empty_frames_flood++
    else if (flood === 'priority') this.inbound_priority_frames_flood++
    else if (flood === 'window update') this.inbound_window_update_frames_flood++
    else if (flood === 'continuation') this.header_overflow++
  }
}
