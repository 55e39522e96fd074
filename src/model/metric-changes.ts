/** The standard metrics, and what Telemetry objects change of them: metrics left out, tags set or left out. */
import type { TelemetryPolicy, TelemetrySide } from './telemetry-level.ts'

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
