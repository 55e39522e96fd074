/** `cluster.<name>.health_check.*`, under Envoy's names. */
export class HealthStats {
  attempt = 0
  success = 0
  failure = 0
  network_failure = 0
  /** Ejections by answers to requests; always 0 here: x-envoy-immediate-health-check-fail is only heeded in answers to checks. */
  passive_failure = 0
  verify_cluster = 0
  /** Hosts now. */
  healthy = 0
  degraded = 0
}
