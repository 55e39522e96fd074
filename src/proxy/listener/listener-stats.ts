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
  /** Handshakes that failed: for another reason than the client's certificate, */
  ssl_connection_error = 0
  /** because it showed none, */
  ssl_fail_verify_no_cert = 0
  /** one that does not verify, */
  ssl_fail_verify_error = 0
  /** or one for another name. */
  ssl_fail_verify_san = 0
  readonly downstream_cx_length_ms = new Histogram()
}
