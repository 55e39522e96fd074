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

/** Scrape configurations for a Prometheus of a cluster, which finds pods by the usual annotations; what it keeps of proxies is what dashboards ask for. */
export function clusterScrapeConfigs(): unknown {
  const annotation = (name: string) => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`
  return [
    {
      job_name: 'mizzen-pods',
      kubernetes_sd_configs: [{ role: 'pod' }],
      relabel_configs: [
        { source_labels: [annotation('scrape')], regex: 'true', action: 'keep' },
        { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Pending|Succeeded|Failed|Completed', action: 'drop' },
        { source_labels: [annotation('path')], regex: '(.+)', target_label: '__metrics_path__' },
        {
          source_labels: ['__meta_kubernetes_pod_ip', annotation('port')],
          regex: '(.+);(\\d+)',
          replacement: '$1:$2',
          target_label: '__address__',
        },
        { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
        { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      ],
      metric_relabel_configs: [{ source_labels: ['__name__'], regex: UNUSED, action: 'drop' }],
    },
  ]
}

/** Proxies count for each cluster what nobody asks for. */
const UNUSED =
  'envoy_cluster_(assignment|circuit_breakers|update|upstream_cx_(connect_ms|length_ms|destroy|http|idle|max|protocol).*|upstream_rq_(max|per_try|rx_reset|tx_reset|cancelled|completed).*|lb_|bind|retry_or_shadow|version|default|internal|external|http2|http1).*|envoy_(http|listener)_.*_(ms|time)_(bucket|sum|count)'

/** The same for the Prometheus operator: one PodMonitor for all pods with a proxy, one ServiceMonitor for the control plane. */
export function operatorObjects(namespace: string): unknown[] {
  const drop = [{ sourceLabels: ['__name__'], regex: UNUSED, action: 'drop' }]
  return [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: 'mizzen-proxies', namespace },
      spec: {
        namespaceSelector: { any: true },
        selector: { matchExpressions: [{ key: 'istio-prometheus-ignore', operator: 'DoesNotExist' }] },
        podMetricsEndpoints: [
          {
            path: '/stats/prometheus',
            interval: '15s',
            relabelings: [
              { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_name'], regex: 'istio-proxy' },
              {
                sourceLabels: ['__meta_kubernetes_pod_ip'],
                regex: '(.+)',
                replacement: '$1:15020',
                targetLabel: '__address__',
              },
            ],
            metricRelabelings: drop,
          },
        ],
      },
    },
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'mizzen-control-plane', namespace },
      spec: {
        selector: { matchLabels: { app: 'istiod' } },
        endpoints: [{ port: 'http-monitoring', interval: '15s' }],
      },
    },
  ]
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
