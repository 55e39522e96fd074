/** Pieces of PromQL that dashboards have in common, over Istio's standard metrics. */

const RATE = '[$__rate_interval]'
/** 5xx, no answer at all, and gRPC's statuses that are the server's fault: what alerts and the page count too. */
const FAILED = 'response_code=~"5..|0"'
const GRPC_FAILED = 'response_code!~"5..|0",grpc_response_status=~"2|4|8|12|13|14|15"'

/** Requests a second. @param where label matchers @param by labels to keep */
export function requests(where: string, by: string): string {
  return `sum by (${by}) (rate(istio_requests_total{${where}}${RATE}))`
}

/** Share of requests that failed, 0 to 1. */
export function errorShare(where: string, by: string): string {
  const all = requests(where, by)
  return `((${requests(`${where},${FAILED}`, by)} or 0 * ${all}) + (${requests(`${where},${GRPC_FAILED}`, by)} or 0 * ${all})) / (${all} > 0)`
}

/** Milliseconds. @param quantile 0.99 */
export function latency(quantile: number, where: string, by: string): string {
  const grouped = by === '' ? 'le' : `le, ${by}`
  return `histogram_quantile(${quantile}, sum by (${grouped}) (rate(istio_request_duration_milliseconds_bucket{${where}}${RATE})))`
}

/** Growth a second of any counter. */
export function rate(metric: string, where: string, by: string): string {
  return `sum by (${by}) (rate(${metric}${where === '' ? '' : `{${where}}`}${RATE}))`
}

/** The three usual lines of latency. */
export function latencies(where: string) {
  return [0.5, 0.95, 0.99].map(quantile => ({ expr: latency(quantile, where, ''), legend: `p${quantile * 100}` }))
}
