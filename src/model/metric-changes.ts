/** What Telemetry objects change of the standard metrics of a workload (Istio's Telemetry.metrics): metrics left out, tags set or left out. */
import { IdentityMemo } from '../lib/identity-memo.ts'
import type { Mesh } from './mesh.ts'
import type { TargetedWorkload } from './policy-target.ts'
import { levelsOf, type TelemetryPolicy, type TelemetrySide } from './telemetry-level.ts'

/** The mesh's metrics for requests and for connections, by the names that Prometheus knows them under. */
export const REQUEST_METRICS = [
  'istio_requests_total',
  'istio_request_duration_milliseconds',
  'istio_request_bytes',
  'istio_response_bytes',
  'istio_request_messages_total',
  'istio_response_messages_total',
] as const
export const CONNECTION_METRICS = [
  'istio_tcp_connections_opened_total',
  'istio_tcp_connections_closed_total',
  'istio_tcp_sent_bytes_total',
  'istio_tcp_received_bytes_total',
] as const

export type StandardMetric = (typeof REQUEST_METRICS)[number] | (typeof CONNECTION_METRICS)[number]
export const STANDARD_METRICS: readonly StandardMetric[] = [...REQUEST_METRICS, ...CONNECTION_METRICS]

export interface MetricsRule {
  readonly side: TelemetrySide | 'both'
  readonly metrics: readonly StandardMetric[]
  /** undefined: as the wider rules have it. */
  readonly disabled: boolean | undefined
  readonly tags: ReadonlyMap<string, TagChange>
}

/** An expression in CEL that gives the tag's value; undefined: the tag is left out. */
export type TagChange = string | undefined

export type MetricsPolicy = TelemetryPolicy<MetricsRule>

export interface MetricChange {
  readonly disabled: boolean
  readonly tags: ReadonlyMap<string, TagChange>
}

/** Of metrics that are not in it nothing is changed. */
export type MetricChanges = ReadonlyMap<StandardMetric, MetricChange>

export interface ProxyMetrics {
  readonly client: MetricChanges
  readonly server: MetricChanges
}

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
