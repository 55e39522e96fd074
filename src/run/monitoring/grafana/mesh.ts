/** The mesh at a glance: is it well, and if not, which service. */
import type { Dashboard } from './dashboard.ts'
import { errorShare, latency, rate, requests } from './queries.ts'

const CLIENTS = 'reporter="source",destination_service!="unknown"'

export const meshDashboard: Dashboard = {
  uid: 'mizzen-mesh',
  title: 'mizzen / Mesh',
  description: 'All services of the mesh, as their callers see them.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        { title: 'Requests', kind: 'number', unit: 'reqps', width: 6, queries: [{ expr: requests(CLIENTS, ''), legend: '' }] },
        {
          title: 'Failing',
          kind: 'number',
          unit: 'percentunit',
          width: 6,
          queries: [{ expr: errorShare(CLIENTS, ''), legend: '' }],
        },
        {
          title: 'Proxies',
          description: 'Connected to the control plane.',
          kind: 'number',
          unit: 'short',
          width: 6,
          queries: [{ expr: 'sum(mizzen_proxies)', legend: '' }],
        },
        {
          title: 'Endpoints in trouble',
          description: 'Not ready, ejected, or failing health checks.',
          kind: 'number',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: 'sum(max by (destination_service, state) (mizzen_service_endpoints{state!="ready"})) or vector(0)',
              legend: '',
            },
          ],
        },
      ],
    },
    {
      title: 'Services',
      panels: [
        {
          title: 'Requests by service',
          kind: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [{ expr: requests(CLIENTS, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'Failing requests by service',
          kind: 'lines',
          unit: 'percentunit',
          width: 12,
          queries: [{ expr: errorShare(CLIENTS, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'Latency by service, p99',
          kind: 'lines',
          unit: 'ms',
          width: 12,
          queries: [{ expr: latency(0.99, CLIENTS, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'TCP bytes by service',
          kind: 'lines',
          unit: 'Bps',
          width: 12,
          queries: [
            {
              expr: `${rate('istio_tcp_sent_bytes_total', CLIENTS, 'destination_service')} + ${rate('istio_tcp_received_bytes_total', CLIENTS, 'destination_service')}`,
              legend: '{{destination_service}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Security and health',
      panels: [
        {
          title: 'Connections by security',
          description: 'As services see their callers: with mutual TLS, or without.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            { expr: requests('reporter="destination"', 'connection_security_policy'), legend: '{{connection_security_policy}}' },
          ],
        },
        {
          title: 'Failing requests by reason',
          description: "Envoy's response flags.",
          kind: 'lines',
          unit: 'reqps',
          emptyWhenHealthy: 'Only requests that the mesh itself ended are here.',
          queries: [
            {
              expr: requests(`${CLIENTS},response_flags!="-"`, 'destination_service, response_flags'),
              legend: '{{destination_service}} {{response_flags}}',
            },
          ],
        },
        {
          title: 'Endpoints in trouble',
          kind: 'table',
          unit: 'short',
          emptyWhenHealthy: 'An endpoint is here while a caller ejects it, it fails health checks, or it is not ready.',
          queries: [
            {
              expr: 'max by (destination_service, state) (mizzen_service_endpoints{state!="ready"}) > 0',
              legend: '',
            },
          ],
        },
        {
          title: 'Alerts',
          kind: 'table',
          unit: 'short',
          width: 24,
          emptyWhenHealthy: 'Alerts that are pending or firing.',
          queries: [
            { expr: 'max by (alertname, severity, destination_service, proxy, alertstate) (ALERTS{namespace!=""})', legend: '' },
          ],
        },
      ],
    },
  ],
}
