/** One workload: what comes in, and what it asks of others. */
import type { Dashboard } from './dashboard.ts'
import { errorShare, latencies, latency, rate, requests } from './queries.ts'

const IN = 'reporter="destination",destination_workload_namespace=~"$namespace",destination_workload=~"$workload"'
const OUT = 'reporter="source",source_workload_namespace=~"$namespace",source_workload=~"$workload"'

export const workloadDashboard: Dashboard = {
  uid: 'mizzen-workload',
  title: 'mizzen / Workload',
  description: 'One workload: requests that it serves, and those that it makes.',
  variables: [
    { name: 'namespace', label: 'Namespace', of: 'source_workload_namespace', series: 'istio_requests_total' },
    {
      name: 'workload',
      label: 'Workload',
      of: 'source_workload',
      series: 'istio_requests_total{source_workload_namespace=~"$namespace"}',
    },
  ],
  rows: [
    {
      title: 'In',
      panels: [
        {
          title: 'Requests by caller',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: requests(IN, 'source_workload'), legend: '{{source_workload}}' }],
        },
        {
          title: 'Failing',
          kind: 'lines',
          unit: 'percentunit',
          queries: [{ expr: errorShare(IN, 'destination_workload'), legend: '{{destination_workload}}' }],
        },
        { title: 'Latency', kind: 'lines', unit: 'ms', queries: latencies(IN) },
        {
          title: 'TCP bytes in and out',
          kind: 'lines',
          unit: 'Bps',
          queries: [
            { expr: rate('istio_tcp_received_bytes_total', IN, 'destination_workload'), legend: '{{destination_workload}} in' },
            { expr: rate('istio_tcp_sent_bytes_total', IN, 'destination_workload'), legend: '{{destination_workload}} out' },
          ],
        },
      ],
    },
    {
      title: 'Out',
      panels: [
        {
          title: 'Requests by service',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: requests(OUT, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'Failing by service',
          kind: 'lines',
          unit: 'percentunit',
          queries: [{ expr: errorShare(OUT, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'Latency by service, p99',
          kind: 'lines',
          unit: 'ms',
          queries: [{ expr: latency(0.99, OUT, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'TCP connections opened by service',
          kind: 'lines',
          unit: 'cps',
          queries: [
            { expr: rate('istio_tcp_connections_opened_total', OUT, 'destination_service'), legend: '{{destination_service}}' },
          ],
        },
      ],
    },
  ],
}
