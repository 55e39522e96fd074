/**
 * The server's counters in Prometheus' text format. Where Istio's control plane has the metric, its name is used.
 */
import type { Counters, TypeCounts } from './counters.ts'
import { typeLabel } from './type-label.ts'

export function renderMetrics(counters: Counters, connected: number): string {
  const perType = (name: string, help: string, of: (counts: TypeCounts) => number) =>
    metric(
      name,
      'counter',
      help,
      [...counters.types].map(([type, counts]) => [`{type="${typeLabel(type).toLowerCase()}"}`, of(counts)] as const),
    )
  return [
    metric('pilot_xds', 'gauge', 'Proxies that are connected.', [['', connected]]),
    metric('mizzen_xds_connections_total', 'counter', 'Streams that began.', [['', counters.connections]]),
    perType('pilot_xds_pushes', 'Responses sent.', counts => counts.responses),
    perType('pilot_total_xds_rejects', 'Responses that a proxy refused.', counts => counts.nacks),
    perType('mizzen_xds_resources_total', 'Resources sent or taken away.', counts => counts.changes),
    perType('mizzen_xds_sent_bytes_total', 'Bytes of responses.', counts => counts.bytes),
    metric('mizzen_xds_source_failures_total', 'counter', 'Failures to compute what a proxy is to have.', [
      ['', counters.sourceFailures],
    ]),
  ].join('')
}

function metric(
  name: string,
  type: string,
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
