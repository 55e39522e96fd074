/** What Prometheus is configured with. YAML is a superset of JSON, so what is made here is JSON. Pure. */
import { prometheusAlert } from '../../compile/mizzen/expand/prometheus-rule.ts'
import type { Alert } from '../../model/alert.ts'

/** Statistics of a proxy that dashboards and alerts ask for, as the filter of its admin endpoint takes them: it has thousands. */
export const PROXY_STATISTICS =
  'istio|^cluster\\.(outbound|inbound).*\\.(upstream_(rq|cx)_(active|total|retry|pending_active|timeout|overflow|connect_fail|pending_overflow)|membership_(healthy|total)|outlier_detection\\.ejections_(active|enforced_total)|health_check\\.(failure|success)|ssl\\.handshake)$|^server\\.(live|uptime|memory_(allocated|heap_size)|total_connections)$|^control_plane\\.connected_state$|downstream_cx_(active|total|ssl_total)$'

export interface LaptopScrape {
  /** The control plane's page: "http://127.0.0.1:15080". */
  readonly controlPlane: string
  readonly rulesFile: string
  /** URL of an Alertmanager. */
  readonly alertmanager: string | undefined
}

/** Proxies and applications are asked for where they are, because pods come and go. */
export function laptopConfig({ controlPlane, rulesFile, alertmanager }: LaptopScrape): unknown {
  const discovered = (of: string) => [{ url: `${controlPlane}/prometheus/targets?of=${of}`, refresh_interval: '5s' }]
  return {
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: [rulesFile],
    ...(alertmanager !== undefined && { alerting: { alertmanagers: [alertmanagerOf(alertmanager)] } }),
    scrape_configs: [
      {
        job_name: 'mizzen-proxies',
        metrics_path: '/stats/prometheus',
        params: { usedonly: [''], filter: [PROXY_STATISTICS] },
        http_sd_configs: discovered('proxies'),
      },
      { job_name: 'applications', http_sd_configs: discovered('applications') },
      { job_name: 'mizzen-control-plane', static_configs: [{ targets: [URL.parse(controlPlane)?.host ?? ''] }] },
    ],
  }
}

function alertmanagerOf(text: string) {
  const { protocol, host, pathname } = new URL(text)
  return {
    scheme: protocol.slice(0, -1),
    path_prefix: pathname,
    static_configs: [{ targets: [host] }],
  }
}

/** The alerts as a file of rules. */
export function rulesOf(alerts: readonly Alert[]): unknown {
  return {
    groups: alerts.map(alert => ({ name: `${alert.namespace}/${alert.name}`, rules: [prometheusAlert(alert)] })),
  }
}
