/** Counters of the PROXY protocol's listener filter, under Envoy's names (proxy_proto.*). */
export class ProxyProtocolStats {
  found = 0
  not_found_allowed = 0
  not_found_disallowed = 0
  /** Headers that are malformed, or of a version that is not taken. */
  error = 0
}
