/** What the mesh costs: memory, processor, connections of proxies and control plane. */
import type { Dashboard } from './dashboard.ts'
import { requests } from './queries.ts'

/** On a cluster the kubelet counts; on a laptop the mesh does. */
const CPU =
  '(sum by (pod) (rate(container_cpu_usage_seconds_total{container="istio-proxy"}[$__rate_interval])) or sum by (pod) (rate(mizzen_process_cpu_seconds_total{role="proxy"}[$__rate_interval])))'
const MEMORY =
  '(sum by (pod) (container_memory_working_set_bytes{container="istio-proxy"}) or sum by (pod) (mizzen_process_resident_memory_bytes{role="proxy"}))'

export const performanceDashboard: Dashboard = {
  uid: 'mizzen-performance',
  title: 'mizzen / Performance',
  description: 'Processor time, memory and connections of the proxies and of the control plane.',
  variables: [],
  rows: [
    {
      title: 'Proxies',
      panels: [
        { title: 'Processor', kind: 'lines', unit: 'cores', queries: [{ expr: CPU, legend: '{{pod}}' }] },
        { title: 'Memory', kind: 'lines', unit: 'bytes', queries: [{ expr: MEMORY, legend: '{{pod}}' }] },
        {
          title: 'Processor for 1,000 requests a second',
          description: 'Of all proxies together, over the requests that all of them carried.',
          kind: 'number',
          unit: 'cores',
          queries: [{ expr: `1000 * sum(${CPU}) / (${requests('reporter=~"source|destination"', '')} > 0)`, legend: '' }],
        },
        {
          title: 'Heap',
          kind: 'lines',
          unit: 'bytes',
          queries: [{ expr: 'sum by (pod) (envoy_server_memory_allocated)', legend: '{{pod}}' }],
        },
        {
          title: 'Connections from clients',
          kind: 'lines',
          unit: 'short',
          queries: [{ expr: 'sum by (pod) (envoy_server_total_connections)', legend: '{{pod}}' }],
        },
        {
          title: 'Connections to services',
          kind: 'lines',
          unit: 'short',
          queries: [{ expr: 'sum by (pod) (envoy_cluster_upstream_cx_active)', legend: '{{pod}}' }],
        },
        {
          title: 'Retries',
          kind: 'lines',
          unit: 'cps',
          queries: [
            {
              expr: 'sum by (pod) (rate(envoy_cluster_upstream_rq_retry[$__rate_interval])) or 0 * sum by (pod) (envoy_server_live)',
              legend: '{{pod}}',
            },
          ],
        },
        {
          title: 'Series a scrape',
          kind: 'lines',
          unit: 'short',
          queries: [{ expr: 'sum by (pod) (scrape_samples_scraped{pod!=""})', legend: '{{pod}}' }],
        },
        {
          title: 'Time of a scrape',
          kind: 'lines',
          unit: 's',
          queries: [{ expr: 'max by (pod) (scrape_duration_seconds{pod!=""})', legend: '{{pod}}' }],
        },
      ],
    },
    {
      title: 'Control plane',
      panels: [
        {
          title: 'Processor',
          kind: 'lines',
          unit: 'cores',
          width: 12,
          queries: [
            {
              expr: 'sum by (pod) (rate(container_cpu_usage_seconds_total{container=~"discovery|mizzen"}[$__rate_interval])) or sum by (pod) (rate(mizzen_process_cpu_seconds_total{role="control-plane"}[$__rate_interval]))',
              legend: '{{pod}}',
            },
          ],
        },
        {
          title: 'Memory',
          kind: 'lines',
          unit: 'bytes',
          width: 12,
          queries: [
            {
              expr: 'sum by (pod) (container_memory_working_set_bytes{container=~"discovery|mizzen"}) or sum by (pod) (mizzen_process_resident_memory_bytes{role="control-plane"})',
              legend: '{{pod}}',
            },
          ],
        },
      ],
    },
  ],
}
