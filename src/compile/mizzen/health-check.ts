/** HealthChecks: endpoints that are asked whether they are well. */

import type { HealthCheck as HealthCheckObject } from '../../api/registry.ts'
import type { HealthCheck, Probe } from '../../model/health-check.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { NO_POLICY } from '../../model/traffic-policy.ts'
import { milliseconds } from '../duration.ts'
import { hostOf, layerRule } from './layer.ts'
import { type Parts, parts } from './parts.ts'

export function compileHealthCheck(object: HealthCheckObject, settings: MeshSettings): Parts {
  const { spec, namespace } = object
  const health: HealthCheck = {
    probe: probe(spec, hostOf(spec.host, namespace, settings)),
    intervalMs: milliseconds(spec.interval) ?? 10_000,
    timeoutMs: milliseconds(spec.timeout) ?? 1000,
    unhealthyThreshold: spec.unhealthyThreshold ?? 3,
    healthyThreshold: spec.healthyThreshold ?? 2,
    panicPercent: spec.panicThreshold ?? 50,
  }
  return parts({
    trafficRules: [layerRule(object, spec, { aspect: 'health' }, settings, { policy: { ...NO_POLICY, health } })],
  })
}

function probe({ http, grpc }: HealthCheckObject['spec'], host: string): Probe {
  if (http) return { kind: 'http', host: http.host ?? host, path: http.path, statuses: http.expectedStatuses ?? [200] }
  return grpc ? { kind: 'grpc', service: grpc.service ?? '' } : { kind: 'tcp' }
}
