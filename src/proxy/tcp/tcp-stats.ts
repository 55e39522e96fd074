/** Counters of a TCP proxy under Envoy's names (tcp.<stat_prefix>.*). */
export class TcpStats {
  downstream_cx_total = 0
  downstream_cx_no_route = 0
  downstream_cx_rx_bytes_total = 0
  downstream_cx_tx_bytes_total = 0
  idle_timeout = 0
  max_downstream_connection_duration = 0
  upstream_flush_total = 0
}
