/** AlertRules as Prometheus evaluates them: an expression over Istio's standard metrics, in the object that the Prometheus operator reads. */
import type { Alert, AlertCondition } from '../../../model/alert.ts'
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
    labels: { severity, namespace, destination_service: host },
    annotations: {
      summary: summary || `${host}: ${conditionText(condition)}`,
      ...(origin.file !== '' && { source: `${origin.file}:${origin.line}` }),
    },
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
  }
}

/** gRPC statuses that are the server's fault, as 5xx are: UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_FAILURES = '2|4|8|12|13|14|15'

/** Clients report what never reached a server too. */
function expression({ host, client, condition, windowMs }: Alert): string {
  const chosen = [
    'reporter="source"',
    `destination_service=${quoted(host)}`,
    ...(client === '' ? [] : [`source_workload=${quoted(client)}`]),
  ]
  const rate = (metric: string, ...more: readonly string[]) =>
    `rate(${metric}{${[...chosen, ...more].join(',')}}[${durationText(windowMs) ?? '60s'}])`
  const all = `sum(${rate('istio_requests_total')})`
  switch (condition.kind) {
    case 'error-rate': {
      const status = `sum(${rate('istio_requests_total', 'response_code=~"5..|0"')})`
      const grpc = `sum(${rate('istio_requests_total', 'response_code!~"5..|0"', `grpc_response_status=~"${GRPC_FAILURES}"`)})`
      return `100 * ((${status} or vector(0)) + (${grpc} or vector(0))) / ${all} > ${condition.above}`
    }
    case 'latency': {
      const buckets = `sum by (le) (${rate('istio_request_duration_milliseconds_bucket')})`
      return `histogram_quantile(${condition.percentile / 100}, ${buckets}) > ${condition.aboveMs}`
    }
    case 'request-rate':
      return [
        ...(condition.above === undefined ? [] : [`${all} > ${condition.above}`]),
        // No request at all is no number, and yet too few.
        ...(condition.below === undefined ? [] : [`(${all} or vector(0)) < ${condition.below}`]),
      ].join(' or ')
  }
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
