/** What of the changes to metrics that a Telemetry asks for cannot be: providers and metrics that are not there, values that cannot be found out. */
import type { MetricsOverride } from '../../api/istio/telemetry/schema.ts'
import type { Telemetry } from '../../api/registry.ts'
import { telemetryCel } from '../../api/values/cel.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Mesh } from '../../model/mesh.ts'
import { STANDARD_METRICS } from '../../model/metric-changes.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { customMetric, isLabelName, metricsKind } from './metrics.ts'

type Path = readonly (string | number)[]

export function checkMetrics(objects: Objects, mesh: Mesh): Diagnostic[] {
  return objects.Telemetry.flatMap(object =>
    (object.spec.metrics ?? []).flatMap(({ providers = [], overrides = [] }, i) => [
      ...providers.flatMap(({ name }, j) => checkProvider(object, ['spec', 'metrics', i, 'providers', j, 'name'], name, mesh)),
      ...overrides.flatMap((override, j) => checkOverride(object, ['spec', 'metrics', i, 'overrides', j], override)),
    ]),
  )
}

function checkProvider(object: Telemetry, path: Path, name: string, { settings }: Mesh): Diagnostic[] {
  const kind = metricsKind(name, settings.extensionProviders)
  if (kind === 'prometheus') return []
  const message =
    kind === undefined
      ? `there is no provider "${name}": expected "prometheus", or one of extensionProviders with prometheus`
      : `provider "${name}" is of kind ${kind}: expected one with prometheus, which is all that proxies report metrics to`
  return [
    diagnostic(object, [...path], {
      code: 'unknown-provider',
      level: 'warning',
      message,
      effect: 'metrics for Prometheus stay as they are without it',
    }),
  ]
}

function checkOverride(object: Telemetry, path: Path, { match, tagOverrides = {} }: MetricsOverride): Diagnostic[] {
  const problems: Diagnostic[] = []
  const custom = match?.customMetric
  if (custom !== undefined && customMetric(custom) === undefined) {
    const guess = nearest(custom, STANDARD_METRICS)
    problems.push(
      diagnostic(object, [...path, 'match', 'customMetric'], {
        code: 'unknown-metric',
        level: 'warning',
        message: `there is no metric "${custom}" to change: expected one of the mesh's own, such as istio_requests_total`,
        effect: 'the override is left out',
        ...(guess !== undefined && { fix: guess }),
      }),
    )
  }
  for (const [name, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides)) {
    if (operation === 'REMOVE') continue
    const reason = isLabelName(name) ? telemetryCel(value) : `"${name}" is no name for a label: expected letters, digits and "_"`
    if (reason === undefined) continue
    problems.push(
      diagnostic(object, [...path, 'tagOverrides', name, ...(value === '' ? [] : ['value'])], {
        code: 'metric-tag',
        level: 'warning',
        message: reason,
        effect: 'the tag stays as it is without it',
      }),
    )
  }
  return problems
}
