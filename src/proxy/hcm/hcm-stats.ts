/**
 * Counters of a connection manager under Envoy's names (http.<stat_prefix>.*). Managers with one prefix share them, across updates.
 */
import { Histogram } from '../../lib/histogram.ts'
import type { HttpProtocol } from '../http/stream.ts'
import type { StatsRegistry } from '../telemetry/stats.ts'
import { StatusCounts } from '../telemetry/status-counts.ts'

export class HcmStats {
  downstream_cx_total = 0
  downstream_cx_active = 0
  downstream_cx_http1_total = 0
  downstream_cx_http1_active = 0
  downstream_cx_http2_total = 0
  downstream_cx_http2_active = 0
  downstream_cx_destroy = 0
  downstream_cx_drain_close = 0
  downstream_cx_idle_timeout = 0
  downstream_cx_max_duration_reached = 0
  downstream_cx_max_requests_reached = 0
  downstream_cx_protocol_error = 0
  downstream_cx_ssl_total = 0
  downstream_cx_upgrades_total = 0
  downstream_cx_upgrades_active = 0
  readonly downstream_cx_length_ms = new Histogram()
  downstream_rq_total = 0
  downstream_rq_active = 0
  downstream_rq_http1_total = 0
  downstream_rq_http2_total = 0
  downstream_rq_idle_timeout = 0
  downstream_rq_max_duration_reached = 0
  downstream_rq_timeout = 0
  downstream_rq_header_timeout = 0
  downstream_rq_non_relative_path = 0
  downstream_rq_redirected_with_normalized_path = 0
  downstream_rq_failed_path_normalization = 0
  downstream_rq_response_before_rq_complete = 0
  downstream_rq_rx_reset = 0
  downstream_rq_tx_reset = 0
  downstream_rq_ws_on_non_ws_route = 0
  readonly downstream_rq = new StatusCounts()
  readonly downstream_rq_time = new Histogram()
  no_route = 0
  no_cluster = 0
  rq_redirect = 0
  rq_direct_response = 0
  rq_total = 0
  passthrough_internal_redirect_too_many_redirects = 0
  passthrough_internal_redirect_no_route = 0
  rq_reset_after_downstream_response_started = 0
  rq_retry_skipped_request_not_complete = 0

  countConnection(protocol: HttpProtocol, change: 1 | -1): void {
    this.downstream_cx_active += change
    if (protocol === 'HTTP/2') this.downstream_cx_http2_active += change
    else this.downstream_cx_http1_active += change
    if (change < 0) {
      this.downstream_cx_destroy++
      return
    }
    this.downstream_cx_total++
    if (protocol === 'HTTP/2') this.downstream_cx_http2_total++
    else this.downstream_cx_http1_total++
  }

  countRequest(protocol: HttpProtocol): void {
    this.downstream_rq_total++
    this.downstream_rq_active++
    if (protocol === 'HTTP/2') this.downstream_rq_http2_total++
    else this.downstream_rq_http1_total++
  }

  /** @param status 0: the client got no response */
  requestOver(status: number, ms: number): void {
    this.downstream_rq_active--
    if (status !== 0) this.downstream_rq.count(status)
    this.downstream_rq_time.record(ms)
  }
}

/** The counters of a prefix. */
export function hcmStats(registry: StatsRegistry, prefix: string): HcmStats {
  const labels = { envoy_http_conn_manager_prefix: prefix }
  return registry.shared(HcmStats, { prefix: `http.${prefix}`, family: 'envoy_http', labels })
}
