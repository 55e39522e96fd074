/** Counters of a listener under Envoy's names (listener.<address>.*). They belong to the address: an update goes on counting. */
import { Histogram } from '../../lib/histogram.ts'

export class ListenerStats {
  downstream_cx_total = 0
  downstream_cx_active = 0
  downstream_cx_destroy = 0
  downstream_pre_cx_active = 0
  downstream_pre_cx_timeout = 0
  downstream_listener_filter_remote_close = 0
  no_filter_chain_match = 0
  /** Handshakes that failed. */
  ssl_connection_error = 0
  readonly downstream_cx_length_ms = new Histogram()
}
