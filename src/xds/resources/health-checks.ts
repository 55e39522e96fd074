/** Active health checks of a cluster. */
import type { HealthCheck, Probe } from '../../model/health-check.ts'
import { HealthCheck as EnvoyHealthCheck } from '../gen/envoy/config/core/v3/health_check.ts'
import { duration } from './values.ts'

export function healthChecks(health: HealthCheck | undefined): EnvoyHealthCheck[] {
  if (!health) return []
  return [
    EnvoyHealthCheck.fromPartial({
      timeout: duration(health.timeoutMs),
      interval: duration(health.intervalMs),
      // Envoy looks at a cluster without requests once a minute, which would make the first request wait for news that long.
      noTrafficInterval: duration(health.intervalMs),
      unhealthyThreshold: health.unhealthyThreshold,
      healthyThreshold: health.healthyThreshold,
      healthChecker: checker(health.probe),
    }),
  ]
}

function checker(probe: Probe): NonNullable<EnvoyHealthCheck['healthChecker']> {
  switch (probe.kind) {
    case 'http': {
      const expectedStatuses = probe.statuses.map(status => ({ start: status, end: status + 1 }))
      const { healthChecker } = EnvoyHealthCheck.fromPartial({
        healthChecker: { $case: 'httpHealthCheck', value: { host: probe.host, path: probe.path, expectedStatuses } },
      })
      if (!healthChecker) throw new Error('Cannot make an HTTP health check: expected a checker')
      return healthChecker
    }
    case 'grpc':
      return { $case: 'grpcHealthCheck', value: { serviceName: probe.service, authority: '', initialMetadata: [] } }
    case 'tcp':
      return { $case: 'tcpHealthCheck', value: { send: undefined, receive: [], proxyProtocolConfig: undefined } }
  }
}
