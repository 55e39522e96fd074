/** What one proxy tells of itself besides traffic: which endpoints it does not send to and why, and how long its certificates last. Pure. */
import { parsePrometheus } from '../../lib/prometheus-text.ts'

/** An endpoint that a proxy keeps traffic from. */
export interface SickEndpoint {
  /** Fully qualified: "cart.shop.svc.cluster.local". */
  readonly host: string
  /** "10.0.0.7:8080" */
  readonly address: string
  readonly trouble: 'ejected' | 'failing_health_check'
}

/** Milliseconds since the epoch. */
export interface CertificateLife {
  readonly from: number
  readonly until: number
}

const EJECTED = 'envoy_cluster_outlier_detection_ejections_active'
const HEALTHY = 'envoy_cluster_membership_healthy'
const TOTAL = 'envoy_cluster_membership_total'
const NAMES: ReadonlySet<string> = new Set([EJECTED, HEALTHY, TOTAL])

/** The part of a proxy's admin statistics that says so, as a regular expression on their names. */
export const HEALTH_STATISTICS = 'ejections_active$|membership_(healthy|total)$'

/** Whether it is worth asking the proxy for its endpoints: that answer is long. @param text its Prometheus statistics */
export function hasSickEndpoints(text: string): boolean {
  const healthy = new Map<string, number>()
  const total = new Map<string, number>()
  for (const { name, labels, value } of parsePrometheus(text, each => NAMES.has(each))) {
    const cluster = labels['envoy_cluster_name'] ?? ''
    if (name === EJECTED && value > 0) return true
    ;(name === HEALTHY ? healthy : total).set(cluster, value)
  }
  return [...total].some(([cluster, count]) => (healthy.get(cluster) ?? 0) < count)
}

/** "outbound|80|v1|catalog.shop.svc.cluster.local" */
const CLUSTER = /^outbound\|\d+\|[^|]*\|([^;]+)$/

/** @param json a proxy's /clusters?format=json (envoy.admin.v3.Clusters) */
export function sickEndpoints(json: unknown): SickEndpoint[] {
  return list(json, 'cluster_statuses').flatMap(cluster => {
    const [, host] = CLUSTER.exec(text(cluster, 'name')) ?? []
    if (host === undefined) return []
    return list(cluster, 'host_statuses').flatMap((endpoint): SickEndpoint[] => {
      const status = record(record(endpoint)['health_status'])
      const socket = record(record(record(endpoint)['address'])['socket_address'])
      const address = `${String(socket['address'])}:${String(socket['port_value'])}`
      if (status['failed_outlier_check'] === true) return [{ host, address, trouble: 'ejected' }]
      if (status['failed_active_health_check'] === true) return [{ host, address, trouble: 'failing_health_check' }]
      return []
    })
  })
}

/** Of all its certificates the one of whose life the least is left. @param json a proxy's /certs (envoy.admin.v3.Certificates) */
export function shortestLife(json: unknown, now: number): CertificateLife | undefined {
  const lives = list(json, 'certificates')
    .flatMap(one => list(one, 'cert_chain').slice(0, 1))
    .map(leaf => ({ from: Date.parse(text(leaf, 'valid_from')), until: Date.parse(text(leaf, 'expiration_time')) }))
    .filter(({ from, until }) => until > from)
  return lives.toSorted((a, b) => lifeLeft(a, now) - lifeLeft(b, now))[0]
}

/** Of 1. */
export function lifeLeft({ from, until }: CertificateLife, now: number): number {
  return (until - now) / (until - from)
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = record(value)[name]
  return Array.isArray(found) ? found : []
}

function text(value: unknown, name: string): string {
  const found = record(value)[name]
  return typeof found === 'string' ? found : ''
}
