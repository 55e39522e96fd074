/** AlertRules as data: what to watch, and whom to tell. */
import type { AlertRule } from '../../api/registry.ts'
import type { AlertCondition, AlertReceiver } from '../../model/alert.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { milliseconds } from '../duration.ts'
import { originOf } from '../origin.ts'
import { hostOf } from './layer.ts'
import { type Parts, parts } from './parts.ts'

const SEVERITIES = { Info: 'info', Warning: 'warning', Critical: 'critical' } as const
const TROUBLES = { Ejected: 'ejected', FailingHealthChecks: 'failing_health_check', NotReady: 'not_ready' } as const
const LOG: AlertReceiver = { kind: 'log' }

export function compileAlertRule(object: AlertRule, settings: MeshSettings): Parts {
  const { spec, name, namespace } = object
  const condition = compileCondition(spec)
  if (!condition) return parts({})
  const receivers = (spec.notify ?? []).map(
    ({ webhook }): AlertReceiver => (webhook ? { kind: 'webhook', url: webhook.url } : LOG),
  )
  const alert = {
    name,
    namespace,
    host: hostOf(spec.host, namespace, settings),
    client: spec.client ?? '',
    condition,
    windowMs: milliseconds(spec.window) ?? 60_000,
    forMs: milliseconds(spec.for) ?? 60_000,
    severity: SEVERITIES[spec.severity ?? 'Warning'],
    summary: spec.summary ?? '',
    receivers: receivers.length > 0 ? receivers : [LOG],
    disabled: spec.disabled ?? false,
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
  return parts({ alerts: [alert] })
}

/** undefined: none, which validation keeps out. */
function compileCondition(spec: AlertRule['spec']): AlertCondition | undefined {
  const { errorRate, latency, requestRate, endpoints, certificateLife, staleProxies } = spec
  if (errorRate) return { kind: 'error-rate', above: errorRate.above }
  if (latency) return { kind: 'latency', percentile: latency.percentile ?? 99, aboveMs: milliseconds(latency.above) ?? 0 }
  if (requestRate) return { kind: 'request-rate', above: requestRate.above, below: requestRate.below }
  if (endpoints) return { kind: 'endpoints', trouble: TROUBLES[endpoints.state], above: endpoints.above }
  if (certificateLife) return { kind: 'certificate-life', below: certificateLife.below }
  return staleProxies && { kind: 'stale-proxies', above: staleProxies.above }
}
