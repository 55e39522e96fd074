/** What is changed of the standard metrics of a workload (Istio's Telemetry.metrics). */
import { IdentityMemo } from '../lib/identity-memo.ts'
import type { Mesh } from './mesh.ts'
import type { MetricChange, MetricChanges, MetricsPolicy, ProxyMetrics, StandardMetric } from './metric-changes.ts'
import type { TargetedWorkload } from './policy-target.ts'
import { levelsOf, type TelemetrySide } from './telemetry-level.ts'

/** @returns undefined: the metrics are reported as they are */
export function metricsOf(
  { metricsPolicies, settings }: Pick<Mesh, 'metricsPolicies' | 'settings'>,
  workload: TargetedWorkload,
): ProxyMetrics | undefined {
  const levels = levelsOf(metricsPolicies, workload, settings.rootNamespace)
  if (levels.length === 0) return undefined
  return known.get(levels, () => {
    const [client, server] = [merged(levels, 'client'), merged(levels, 'server')]
    return client.size + server.size > 0 ? { client, server } : undefined
  })
}

/** Equal levels, the same object: proxies share what is made of it. */
const known = new IdentityMemo<ProxyMetrics | undefined>()

/** Later rules over earlier ones, narrow levels over wide ones, tag by tag. */
function merged(levels: readonly MetricsPolicy[], side: TelemetrySide): MetricChanges {
  const changes = new Map<StandardMetric, MetricChange>()
  for (const rule of levels.flatMap(({ rules }) => rules)) {
    if (rule.side !== 'both' && rule.side !== side) continue
    for (const metric of rule.metrics) {
      const before = changes.get(metric)
      changes.set(metric, {
        disabled: rule.disabled ?? before?.disabled ?? false,
        tags: new Map([...(before?.tags ?? []), ...rule.tags]),
      })
    }
  }
  for (const [metric, { disabled, tags }] of changes) if (!disabled && tags.size === 0) changes.delete(metric)
  return changes
}
