/** The mesh's health in Prometheus' text, beside the control plane's own counters: what dashboards and alerts ask for. Pure. */
import type { MeshHealth } from './mesh-health.ts'

const STATES = ['synced', 'stale', 'nacked', 'not_sent'] as const

export function healthMetrics({ endpoints, ready, certificates, proxies }: MeshHealth): string {
  const troubled = Map.groupBy(endpoints, ({ host, trouble }) => `${label('destination_service', host)},state="${trouble}"`)
  const states = Map.groupBy(proxies, ({ state }) => state.toLowerCase().replace(' ', '_'))
  return [
    family('mizzen_service_endpoints', 'Endpoints of a service that are ready, not ready, ejected or fail health checks.', [
      ...[...ready].map(([host, count]) => [`${label('destination_service', host)},state="ready"`, count] as const),
      ...[...troubled].map(([labels, list]) => [labels, list.length] as const),
    ]),
    family('mizzen_endpoint_trouble', 'By how many callers an endpoint is ejected, or fails their health checks.', [
      ...endpoints
        .filter(({ callers }) => callers.length > 0)
        .map(
          ({ host, address, trouble, callers }) =>
            [`${label('destination_service', host)},${label('endpoint', address)},state="${trouble}"`, callers.length] as const,
        ),
    ]),
    family(
      'mizzen_proxies',
      'Connected proxies by how far they are with their configuration.',
      STATES.map(state => [`state="${state}"`, states.get(state)?.length ?? 0] as const),
    ),
    family(
      'mizzen_proxy_out_of_sync',
      'Proxies that wait for configuration, or refuse it.',
      proxies
        .filter(({ state }) => state === 'STALE' || state === 'NACKED')
        .map(({ proxy, state }) => [`${label('proxy', proxy)},state="${state.toLowerCase()}"`, 1] as const),
    ),
    family(
      'mizzen_certificate_start_timestamp_seconds',
      'When the certificate of a proxy began that is the nearest to its end.',
      certificates.map(({ proxy, from }) => [label('proxy', proxy), from / 1000] as const),
    ),
    family(
      'mizzen_certificate_expiry_timestamp_seconds',
      'When that certificate ends.',
      certificates.map(({ proxy, until }) => [label('proxy', proxy), until / 1000] as const),
    ),
  ].join('')
}

function family(name: string, help: string, samples: readonly (readonly [labels: string, value: number])[]): string {
  if (samples.length === 0) return ''
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${samples.map(([labels, value]) => `${name}{${labels}} ${value}\n`).join('')}`
}

function label(name: string, value: string): string {
  return `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
