/**
 * The statistics of a cluster and of its hosts: plain counters under Envoy's names, which the hot path increments and nothing else.
 * They belong to the cluster's name, not to one configuration of it: an update goes on counting.
 */
import { Histogram } from '../../lib/histogram.ts'
import { StatusCounts } from '../telemetry/status-counts.ts'

/** `cluster.<name>.*` */
export class ClusterStats {
  upstream_cx_total = 0
  upstream_cx_active = 0
  upstream_cx_http1_total = 0
  upstream_cx_http2_total = 0
  upstream_cx_connect_fail = 0
  upstream_cx_connect_timeout = 0
  upstream_cx_overflow = 0
  upstream_cx_destroy = 0
  upstream_cx_destroy_local = 0
  upstream_cx_destroy_remote = 0
  upstream_cx_destroy_with_active_rq = 0
  upstream_cx_destroy_local_with_active_rq = 0
  upstream_cx_destroy_remote_with_active_rq = 0
  upstream_cx_idle_timeout = 0
  upstream_cx_max_requests = 0
  upstream_cx_max_duration_reached = 0
  upstream_cx_none_healthy = 0
  upstream_cx_protocol_error = 0
  /** Of TCP connections. */
  upstream_cx_rx_bytes_total = 0
  upstream_cx_tx_bytes_total = 0
  readonly upstream_cx_connect_ms = new Histogram()

  upstream_rq_total = 0
  upstream_rq_active = 0
  upstream_rq_pending_total = 0
  upstream_rq_pending_active = 0
  upstream_rq_pending_overflow = 0
  upstream_rq_pending_failure_eject = 0
  upstream_rq_cancelled = 0
  upstream_rq_rx_reset = 0
  upstream_rq_tx_reset = 0
  upstream_rq_timeout = 0
  upstream_rq_per_try_timeout = 0
  upstream_rq_max_duration_reached = 0
  upstream_rq_retry = 0
  upstream_rq_retry_success = 0
  upstream_rq_retry_overflow = 0
  upstream_rq_retry_limit_exceeded = 0
  upstream_rq_retry_backoff_exponential = 0
  upstream_rq_retry_backoff_ratelimited = 0
  retry_or_shadow_abandoned = 0
  /** upstream_rq_completed, upstream_rq_<code>, upstream_rq_<class>xx */
  readonly upstream_rq = new StatusCounts()

  membership_total = 0
  membership_healthy = 0
  membership_change = 0
  update_attempt = 0
  update_success = 0
  update_failure = 0
  update_empty = 0
  update_no_rebuild = 0
  assignment_timeout_received = 0
  assignment_use_cached = 0
}

/** What `/clusters` shows of a host. */
export class HostStats {
  cx_total = 0
  cx_active = 0
  cx_connect_fail = 0
  rq_total = 0
  rq_active = 0
  rq_pending_active = 0
  rq_success = 0
  rq_error = 0
  rq_timeout = 0
}
