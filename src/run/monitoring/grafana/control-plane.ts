/** The control plane: does configuration get around, and is it accepted. */
import type { Dashboard } from './dashboard.ts'
import { rate } from './queries.ts'

export const controlPlaneDashboard: Dashboard = {
  uid: 'mizzen-control-plane',
  title: 'mizzen / Control plane',
  description: 'Proxies and their configuration, pushes, refusals, certificates.',
  variables: [],
  rows: [
    {
      title: 'Proxies',
      panels: [
        { title: 'Connected', kind: 'number', unit: 'short', queries: [{ expr: 'sum(pilot_xds)', legend: '' }] },
        {
          title: 'By state of their configuration',
          kind: 'lines',
          unit: 'short',
          queries: [{ expr: 'sum by (state) (mizzen_proxies)', legend: '{{state}}' }],
        },
        {
          title: 'Without the newest configuration',
          kind: 'table',
          unit: 'short',
          emptyWhenHealthy: 'Proxies that wait for configuration, or refuse it.',
          queries: [{ expr: 'max by (proxy, state) (mizzen_proxy_out_of_sync)', legend: '' }],
        },
      ],
    },
    {
      title: 'Configuration',
      panels: [
        {
          title: 'Pushes',
          kind: 'lines',
          unit: 'cps',
          queries: [{ expr: rate('pilot_xds_pushes', '', 'type'), legend: '{{type}}' }],
        },
        {
          title: 'Refused by proxies',
          kind: 'lines',
          unit: 'cps',
          queries: [{ expr: rate('pilot_total_xds_rejects', '', 'type'), legend: '{{type}}' }],
        },
        {
          title: 'Bytes sent',
          kind: 'lines',
          unit: 'Bps',
          queries: [{ expr: rate('mizzen_xds_sent_bytes_total', '', 'type'), legend: '{{type}}' }],
        },
        {
          title: 'Resources sent',
          kind: 'lines',
          unit: 'cps',
          queries: [{ expr: rate('mizzen_xds_resources_total', '', 'type'), legend: '{{type}}' }],
        },
        {
          title: 'Streams that began',
          kind: 'lines',
          unit: 'cps',
          queries: [{ expr: 'sum(rate(mizzen_xds_connections_total[$__rate_interval]))', legend: 'streams' }],
        },
        {
          title: 'Failures to make a configuration',
          kind: 'lines',
          unit: 'cps',
          queries: [{ expr: 'sum(rate(mizzen_xds_source_failures_total[$__rate_interval]))', legend: 'failures' }],
        },
      ],
    },
    {
      title: 'Certificates',
      panels: [
        {
          title: 'The next certificates to end',
          kind: 'table',
          unit: 's',
          width: 12,
          queries: [
            { expr: 'bottomk(10, min by (proxy) (mizzen_certificate_expiry_timestamp_seconds - time()))', legend: '{{proxy}}' },
          ],
        },
        {
          title: 'Least life left',
          kind: 'lines',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: 'min((mizzen_certificate_expiry_timestamp_seconds - time()) / (mizzen_certificate_expiry_timestamp_seconds - mizzen_certificate_start_timestamp_seconds))',
              legend: 'of the certificate with the least',
            },
          ],
        },
      ],
    },
  ],
}
