/** AlertRules as Prometheus evaluates them: an expression over Istio's standard metrics or the control plane's, in the object that the Prometheus operator reads. */
import type { Alert, AlertCondition } from '../../../model/alert.ts'
import { isWildcard } from '../../../model/host.ts'
import { durationText, type IstioObject } from './object.ts'

export interface PrometheusAlert {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** One object for each rule, of the same name. */
export function prometheusRule(alert: Alert): IstioObject {
  const { name, namespace } = alert
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, namespace },
    spec: { groups: [{ name: `${namespace}/${name}`, rules: [prometheusAlert(alert)] }] },
  }
}

export function prometheusAlert(alert: Alert): PrometheusAlert {
  const { name, namespace, host, condition, forMs, severity, summary, origin } = alert
  return {
    alert: name,
    expr: expression(alert),
    for: durationText(forMs) ?? '0s',
    // A wildcard's series bring their own.
    labels: { severity, namespace, ...(!isWildcard(host) && { destination_service: host }) },
    annotations: {
      summary: `${subjectOf(condition, host)}: ${summary || conditionText(condition)}`,
      value: valueText(condition),
      ...(origin.file !== '' && { source: `${origin.file}:${origin.line}` }),
    },
  }
}

function subjectOf({ kind }: AlertCondition, host: string): string {
  if (kind === 'stale-proxies') return '{{ $value }} proxies'
  if (kind === 'certificate-life') return '{{ $labels.proxy }}'
  return isWildcard(host) ? '{{ $labels.destination_service }}' : host
}

function valueText({ kind }: AlertCondition): string {
  const number = '{{ printf "%.1f" $value }}'
  switch (kind) {
    case 'error-rate':
      return `${number} % of requests fail`
    case 'latency':
      return `${number} ms`
    case 'request-rate':
      return `${number} requests a second`
    case 'endpoints':
      return '{{ $value }} endpoints'
    case 'certificate-life':
      return `${number} % of its life is left`
    case 'stale-proxies':
      return '{{ $value }} proxies'
  }
}

/** "more than 5 % of requests fail" */
export function conditionText(condition: AlertCondition): string {
  switch (condition.kind) {
    case 'error-rate':
      return `more than ${condition.above} % of requests fail`
    case 'latency':
      return `${condition.percentile} % of requests take longer than ${condition.aboveMs} ms`
    case 'request-rate': {
      const { above, below } = condition
      return [above !== undefined && `more than ${above}`, below !== undefined && `less than ${below}`]
        .filter(part => part !== false)
        .join(' or ')
        .concat(' requests a second')
    }
    case 'endpoints':
      return `more than ${condition.above} endpoints are ${TROUBLE[condition.trouble]}`
    case 'certificate-life':
      return `less than ${condition.below} % of a certificate's life is left`
    case 'stale-proxies':
      return `more than ${condition.above} proxies have not the newest configuration`
  }
}

const TROUBLE = { ejected: 'ejected', failing_health_check: 'failing their health checks', not_ready: 'not ready' } as const

/** gRPC statuses that are the server's fault, as 5xx are: UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_FAILURES = '2|4|8|12|13|14|15'

/** Of traffic: Istio's standard metrics, as clients report them, who know of what never reached a server too. Of the mesh: the control plane's. */
function expression(alert: Alert): string {
  const { condition } = alert
  switch (condition.kind) {
    case 'error-rate': {
      const all = requests(alert)
      const status = requests(alert, 'response_code=~"5..|0"')
      const grpc = requests(alert, 'response_code!~"5..|0"', `grpc_response_status=~"${GRPC_FAILURES}"`)
      return `100 * ((${status} or 0 * ${all}) + (${grpc} or 0 * ${all})) / ${all} > ${condition.above}`
    }
    case 'latency': {
      const buckets = `sum by (le, destination_service) (${rate('istio_request_duration_milliseconds_bucket', alert)})`
      return `histogram_quantile(${condition.percentile / 100}, ${buckets}) > ${condition.aboveMs}`
    }
    case 'request-rate': {
      const all = requests(alert)
      // No request at all is no number, and yet too few.
      const few = isWildcard(alert.host) ? all : `(sum(${all}) or vector(0))`
      return [
        ...(condition.above === undefined ? [] : [`${all} > ${condition.above}`]),
        ...(condition.below === undefined ? [] : [`${few} < ${condition.below}`]),
      ].join(' or ')
    }
    case 'endpoints':
      // Each replica of the control plane tells the same.
      return `max by (destination_service) (mizzen_service_endpoints{${hostMatcher(alert.host)},state="${condition.trouble}"}) > ${condition.above}`
    case 'certificate-life': {
      const [end, start] = ['mizzen_certificate_expiry_timestamp_seconds', 'mizzen_certificate_start_timestamp_seconds']
      return `100 * min by (proxy) ((${end} - time()) / (${end} - ${start})) < ${condition.below}`
    }
    case 'stale-proxies':
      return `sum(mizzen_proxies{state=~"stale|nacked"}) > ${condition.above}`
  }
}

function requests(alert: Alert, ...more: readonly string[]): string {
  return `sum by (destination_service) (${rate('istio_requests_total', alert, ...more)})`
}

function rate(metric: string, { host, client, windowMs }: Alert, ...more: readonly string[]): string {
  const chosen = [
    'reporter="source"',
    hostMatcher(host),
    ...(client === '' ? [] : [`source_workload=${quoted(client)}`]),
    ...more,
  ]
  return `rate(${metric}{${chosen.join(',')}}[${durationText(windowMs) ?? '60s'}])`
}

function hostMatcher(host: string): string {
  // "unknown" is what led to no service.
  if (host === '*') return 'destination_service!="unknown"'
  if (!isWildcard(host)) return `destination_service=${quoted(host)}`
  return `destination_service=~${quoted(`.+${host.slice(1).replaceAll('.', '\\.')}`)}`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
