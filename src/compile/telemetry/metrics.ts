/** The part of a Telemetry (telemetry.istio.io) that is about metrics. */
import type { MetricsOverride, Metrics as Spec } from '../../api/istio/telemetry/schema.ts'
import type { Telemetry } from '../../api/registry.ts'
import { telemetryCel, withoutString } from '../../api/values/cel.ts'
import type { ExtensionProvider } from '../../model/extension-provider.ts'
import {
  type MetricsPolicy,
  type MetricsRule,
  STANDARD_METRICS,
  type StandardMetric,
  type TagChange,
} from '../../model/metric-changes.ts'
import { originOf } from '../origin.ts'
import { compileTarget } from '../policy-target.ts'

/** The provider that is there without a word in the mesh's settings: whoever scrapes the proxies. */
export const PROMETHEUS = 'prometheus'

type Providers = ReadonlyMap<string, ExtensionProvider>

export function compileMetricsPolicy(object: Telemetry, providers: Providers): MetricsPolicy {
  return {
    ...compileTarget(object, object.spec),
    name: object.name,
    rules: (object.spec.metrics ?? [])
      .filter(entry => concernsPrometheus(entry, providers))
      .flatMap(({ overrides = [] }) => overrides.flatMap(override => compileOverride(override) ?? [])),
    created: object.creationTimestamp ?? '',
    origin: originOf(object, ['spec', 'metrics']),
  }
}

/** An entry that names no providers is for those that there are. */
function concernsPrometheus({ providers = [] }: Spec, known: Providers): boolean {
  return providers.length === 0 || providers.some(({ name }) => metricsKind(name, known) === 'prometheus')
}

/** @returns undefined: no such provider */
export function metricsKind(name: string, known: Providers): ExtensionProvider['kind'] | undefined {
  return known.get(name)?.kind ?? (name === PROMETHEUS ? 'prometheus' : undefined)
}

const SIDES = { CLIENT_AND_SERVER: 'both', CLIENT: 'client', SERVER: 'server' } as const

const BY_ISTIO_NAME: Readonly<Record<string, StandardMetric>> = {
  REQUEST_COUNT: 'istio_requests_total',
  REQUEST_DURATION: 'istio_request_duration_milliseconds',
  REQUEST_SIZE: 'istio_request_bytes',
  RESPONSE_SIZE: 'istio_response_bytes',
  TCP_OPENED_CONNECTIONS: 'istio_tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'istio_tcp_connections_closed_total',
  TCP_SENT_BYTES: 'istio_tcp_sent_bytes_total',
  TCP_RECEIVED_BYTES: 'istio_tcp_received_bytes_total',
  GRPC_REQUEST_MESSAGES: 'istio_request_messages_total',
  GRPC_RESPONSE_MESSAGES: 'istio_response_messages_total',
}

/** A custom metric may be named as Prometheus knows it, or as Istio's filter does, without "istio_". */
export function customMetric(name: string): StandardMetric | undefined {
  return STANDARD_METRICS.find(known => known === name || known === `istio_${name}`)
}

function metricsNamed(match: MetricsOverride['match']): readonly StandardMetric[] {
  if (match?.customMetric !== undefined) return [customMetric(match.customMetric)].filter(metric => metric !== undefined)
  const one = BY_ISTIO_NAME[match?.metric ?? 'ALL_METRICS']
  return one === undefined ? STANDARD_METRICS : [one]
}

function compileOverride({ match, disabled, tagOverrides = {} }: MetricsOverride): MetricsRule | undefined {
  const metrics = metricsNamed(match)
  const tags = new Map<string, TagChange>()
  for (const [name, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides)) {
    if (operation === 'REMOVE') tags.set(name, undefined)
    // What the data planes do not understand is told of (check-metrics.ts), and left out.
    else if (isLabelName(name) && telemetryCel(value) === undefined) tags.set(name, withoutString(value))
  }
  return metrics.length === 0 ? undefined : { side: SIDES[match?.mode ?? 'CLIENT_AND_SERVER'], metrics, disabled, tags }
}

/** As Prometheus has it. "le" is a histogram's own. */
export function isLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !name.startsWith('__') && name !== 'le'
}
