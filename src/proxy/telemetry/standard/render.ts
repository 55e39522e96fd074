/** The standard metrics in Prometheus' text format. */
import type { BucketHistogram } from './bucket-histogram.ts'
import type { ConnectionSeries, RequestSeries, SeriesTable } from './series.ts'

interface Tables {
  readonly requests: SeriesTable<RequestSeries>
  readonly connections: SeriesTable<ConnectionSeries>
}

export function renderStandardMetrics({ requests, connections }: Tables): string {
  const overflowed = requests.overflowed + connections.overflowed
  return (
    counter('istio_requests_total', requests, series => series.requests) +
    histogram('istio_request_duration_milliseconds', requests, series => series.durationMs) +
    histogram('istio_request_bytes', requests, series => series.requestBytes) +
    histogram('istio_response_bytes', requests, series => series.responseBytes) +
    counter('istio_request_messages_total', requests, series => series.requestMessages) +
    counter('istio_response_messages_total', requests, series => series.responseMessages) +
    counter('istio_tcp_connections_opened_total', connections, series => series.opened) +
    counter('istio_tcp_connections_closed_total', connections, series => series.closed) +
    counter('istio_tcp_sent_bytes_total', connections, series => series.sentBytes) +
    counter('istio_tcp_received_bytes_total', connections, series => series.receivedBytes) +
    (overflowed > 0 ? `# TYPE mizzen_metrics_overflow_total counter\nmizzen_metrics_overflow_total ${overflowed}\n` : '')
  )
}

/** Series that are 0 are left out, as from Envoy. */
function counter<Entry extends { readonly labels: string }>(
  name: string,
  table: SeriesTable<Entry>,
  value: (entry: Entry) => number,
): string {
  let lines = ''
  for (const entry of table) {
    const number = value(entry)
    if (number > 0) lines += `${name}{${entry.labels}} ${number}\n`
  }
  return lines === '' ? '' : `# TYPE ${name} counter\n${lines}`
}

function histogram(name: string, table: SeriesTable<RequestSeries>, value: (entry: RequestSeries) => BucketHistogram): string {
  let lines = ''
  for (const entry of table) {
    const values = value(entry)
    if (values.count > 0) lines += values.render(name, entry.labels)
  }
  return lines === '' ? '' : `# TYPE ${name} histogram\n${lines}`
}
