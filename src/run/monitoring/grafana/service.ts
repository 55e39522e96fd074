/** One service: how its callers see it, how it sees them, and what stands behind it. */
import type { Dashboard } from './dashboard.ts'
import { errorShare, latencies, rate, requests } from './queries.ts'

const CALLERS = 'reporter="source",destination_service=~"$service"'
const SERVERS = 'reporter="destination",destination_service=~"$service"'

export const serviceDashboard: Dashboard = {
  uid: 'mizzen-service',
  title: 'mizzen / Service',
  description: 'One service: its golden signals, its callers, its versions and its endpoints.',
  variables: [
    { name: 'service', label: 'Service', of: 'destination_service', series: 'istio_requests_total{reporter="source"}' },
  ],
  rows: [
    {
      title: 'As its callers see it',
      panels: [
        {
          title: 'Requests',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: requests(CALLERS, 'response_code'), legend: '{{response_code}}' }],
        },
        {
          title: 'Failing',
          kind: 'lines',
          unit: 'percentunit',
          queries: [{ expr: errorShare(CALLERS, 'destination_service'), legend: '{{destination_service}}' }],
        },
        { title: 'Latency', kind: 'lines', unit: 'ms', queries: latencies(CALLERS) },
        {
          title: 'Requests by caller',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: requests(CALLERS, 'source_workload'), legend: '{{source_workload}}' }],
        },
        {
          title: 'Failing by caller',
          kind: 'lines',
          unit: 'percentunit',
          queries: [{ expr: errorShare(CALLERS, 'source_workload'), legend: '{{source_workload}}' }],
        },
        {
          title: 'Requests by version',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: requests(CALLERS, 'destination_workload, destination_version'),
              legend: '{{destination_workload}} {{destination_version}}',
            },
          ],
        },
      ],
    },
    {
      title: 'As it sees itself',
      panels: [
        {
          title: 'Requests served',
          kind: 'lines',
          unit: 'reqps',
          queries: [{ expr: requests(SERVERS, 'response_code'), legend: '{{response_code}}' }],
        },
        { title: 'Latency without the way there', kind: 'lines', unit: 'ms', queries: latencies(SERVERS) },
        {
          title: 'Callers by security',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            {
              expr: requests(SERVERS, 'source_principal, connection_security_policy'),
              legend: '{{source_principal}} {{connection_security_policy}}',
            },
          ],
        },
        {
          title: 'Size of requests',
          kind: 'lines',
          unit: 'Bps',
          queries: [{ expr: rate('istio_request_bytes_sum', SERVERS, 'destination_service'), legend: '{{destination_service}}' }],
        },
        {
          title: 'Size of responses',
          kind: 'lines',
          unit: 'Bps',
          queries: [
            { expr: rate('istio_response_bytes_sum', SERVERS, 'destination_service'), legend: '{{destination_service}}' },
          ],
        },
        {
          title: 'Endpoints',
          description: 'Ready, not ready, ejected by a caller, or failing health checks.',
          kind: 'lines',
          unit: 'short',
          queries: [
            {
              expr: 'max by (destination_service, state) (mizzen_service_endpoints{destination_service=~"$service"})',
              legend: '{{destination_service}} {{state}}',
            },
          ],
        },
      ],
    },
    {
      title: 'TCP and gRPC messages',
      panels: [
        {
          title: 'TCP connections opened',
          kind: 'lines',
          unit: 'cps',
          queries: [
            {
              expr: rate('istio_tcp_connections_opened_total', CALLERS, 'destination_service'),
              legend: '{{destination_service}}',
            },
          ],
        },
        {
          title: 'TCP bytes',
          kind: 'lines',
          unit: 'Bps',
          queries: [
            { expr: rate('istio_tcp_sent_bytes_total', CALLERS, 'destination_service'), legend: '{{destination_service}} sent' },
            {
              expr: rate('istio_tcp_received_bytes_total', CALLERS, 'destination_service'),
              legend: '{{destination_service}} received',
            },
          ],
        },
        {
          title: 'gRPC messages',
          kind: 'lines',
          unit: 'short',
          queries: [
            {
              expr: rate('istio_request_messages_total', CALLERS, 'destination_service'),
              legend: '{{destination_service}} to it',
            },
            {
              expr: rate('istio_response_messages_total', CALLERS, 'destination_service'),
              legend: '{{destination_service}} from it',
            },
          ],
        },
      ],
    },
  ],
}
