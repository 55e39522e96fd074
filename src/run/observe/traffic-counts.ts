/**
 * What one proxy has counted, destination by destination, from its Prometheus text: Istio's standard metrics where it has them, else Envoy's
 * own statistics, which know neither latency nor who called. Pure.
 */
import { parsePrometheus, type Sample } from '../../lib/prometheus-text.ts'
import { addBuckets, BOUNDS } from './latency.ts'

/** Numbers that only grow, or what they grew by. */
export interface Counts {
  requests: number
  /** 5xx, no answer at all, and gRPC's failures. */
  errors: number
  /** 4xx. */
  rejected: number
  /** Opened TCP connections. */
  connections: number
  /** Of TCP, both ways. */
  bytes: number
  /** Requests by latency, one entry a bound of {@link BOUNDS} and one above all; undefined: not known. Not cumulative. */
  latency: number[] | undefined
}

/** Where traffic of a proxy goes. */
export interface Destination {
  /** Fully qualified: "cart.shop.svc.cluster.local"; or what stands for no service: "PassthroughCluster". */
  readonly host: string
  /** Label version of the endpoint, or the name of the subset; "": not known. */
  readonly version: string
  readonly protocol: 'http' | 'grpc' | 'tcp'
}

/** Who called this proxy, and whether with mutual TLS. */
export interface Caller {
  readonly namespace: string
  readonly workload: string
  readonly mutualTls: boolean
}

export interface ProxyCounts {
  /** By {@link destinationKey}. */
  readonly outbound: ReadonlyMap<string, { readonly to: Destination; readonly counts: Counts }>
  /** Its own requests, as it served them. */
  readonly inbound: Counts
  readonly callers: readonly Caller[]
}

export function noCounts(): Counts {
  return { requests: 0, errors: 0, rejected: 0, connections: 0, bytes: 0, latency: undefined }
}

export function destinationKey({ host, version, protocol }: Destination): string {
  return `${host}|${version}|${protocol}`
}

const ISTIO =
  /^istio_(requests_total|request_duration_milliseconds_bucket|tcp_(connections_opened|sent_bytes|received_bytes)_total)$/
const ENVOY = /^envoy_(cluster_upstream_(rq|cx_total)|http_downstream_(rq_xx|rq_time_bucket))$/

export function countsOf(text: string): ProxyCounts {
  const samples = parsePrometheus(text, name => ISTIO.test(name) || ENVOY.test(name))
  const istio = samples.filter(({ name }) => name.startsWith('istio_'))
  return istio.length > 0 ? fromIstio(istio) : fromEnvoy(samples)
}

class Gathering {
  readonly outbound = new Map<string, { to: Destination; counts: Counts }>()
  readonly inbound = noCounts()

  at(to: Destination): Counts {
    const key = destinationKey(to)
    const known = this.outbound.get(key)
    if (known) return known.counts
    const counts = noCounts()
    this.outbound.set(key, { to, counts })
    return counts
  }
}

function fromIstio(samples: readonly Sample[]): ProxyCounts {
  const gathering = new Gathering()
  const callers = new Map<string, Caller>()
  for (const { name, labels, value } of samples) {
    const isSource = labels['reporter'] === 'source'
    // Tunnels of the laptop's HTTP proxy, and requests that found no way: they led to no service.
    if (isSource && destinationOf(labels).host === 'unknown') continue
    if (!isSource) callers.set(callerKey(labels), callerOf(labels))
    count(isSource ? gathering.at(destinationOf(labels)) : gathering.inbound, name, labels, value)
  }
  for (const { counts } of gathering.outbound.values()) addBuckets(counts.latency)
  addBuckets(gathering.inbound.latency)
  return { ...gathering, callers: [...callers.values()] }
}

function count(counts: Counts, name: string, labels: Sample['labels'], value: number): void {
  if (name === 'istio_requests_total') {
    counts.requests += value
    const code = Number(labels['response_code'] ?? 0)
    const grpc = labels['grpc_response_status'] ?? ''
    if (code >= 500 || code === 0 || GRPC_FAILURES.has(grpc)) counts.errors += value
    else if (code >= 400) counts.rejected += value
  } else if (name === 'istio_request_duration_milliseconds_bucket') addCumulative(counts, labels['le'], value)
  else if (name === 'istio_tcp_connections_opened_total') counts.connections += value
  else counts.bytes += value
}

/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: the server's fault, as 5xx are. */
const GRPC_FAILURES: ReadonlySet<string> = new Set(['2', '4', '8', '12', '13', '14', '15'])

function destinationOf(labels: Sample['labels']): Destination {
  const service = labels['destination_service'] ?? ''
  const version = labels['destination_version'] ?? ''
  return {
    host: service === '' || service === 'unknown' ? (labels['destination_service_name'] ?? 'unknown') : service,
    version: version === 'unknown' ? '' : version,
    protocol: protocolOf(labels['request_protocol']),
  }
}

function protocolOf(text: string | undefined): Destination['protocol'] {
  return text === 'tcp' || text === 'grpc' ? text : 'http'
}

function callerKey(labels: Sample['labels']): string {
  return `${labels['source_workload_namespace']}/${labels['source_workload']} ${labels['connection_security_policy']}`
}

function callerOf(labels: Sample['labels']): Caller {
  return {
    namespace: labels['source_workload_namespace'] ?? '',
    workload: labels['source_workload'] ?? '',
    mutualTls: labels['connection_security_policy'] === 'mutual_tls',
  }
}

/** Buckets as they come: how many requests took at most so long. */
function addCumulative(counts: Counts, le: string | undefined, value: number): void {
  const index = le === '+Inf' ? BOUNDS.length : BOUNDS.indexOf(Number(le))
  if (index < 0) return
  counts.latency ??= Array.from({ length: BOUNDS.length + 1 }, () => 0)
  counts.latency[index] = (counts.latency[index] ?? 0) + value
}

/** "outbound|80|v1|catalog.shop.svc.cluster.local"; Istio puts a semicolon after the name. */
const CLUSTER = /^outbound\|\d+\|([^|]*)\|([^;]+);?$/

function fromEnvoy(samples: readonly Sample[]): ProxyCounts {
  const gathering = new Gathering()
  const tcp = new Map<string, { to: Destination; connections: number }>()
  for (const { name, labels, value } of samples) {
    const [, version = '', host = ''] = CLUSTER.exec(labels['envoy_cluster_name'] ?? '') ?? []
    if (name.startsWith('envoy_http_')) {
      if ((labels['envoy_http_conn_manager_prefix'] ?? '').startsWith('inbound'))
        countServed(gathering.inbound, name, labels, value)
    } else if (host !== '' && value > 0) {
      const to = { host, version, protocol: 'http' } as const
      if (name === 'envoy_cluster_upstream_rq') countCode(gathering.at(to), labels['envoy_response_code'], value)
      else tcp.set(destinationKey(to), { to, connections: value })
    }
  }
  // Connections without any request carry something else than HTTP.
  for (const [key, { to, connections }] of tcp)
    if (!gathering.outbound.has(key)) gathering.at({ ...to, protocol: 'tcp' }).connections += connections
  addBuckets(gathering.inbound.latency)
  return { ...gathering, callers: [] }
}

function countCode(counts: Counts, code: string | undefined, value: number): void {
  counts.requests += value
  const status = Number(code ?? 0)
  if (status >= 500) counts.errors += value
  else if (status >= 400) counts.rejected += value
}

function countServed(counts: Counts, name: string, labels: Sample['labels'], value: number): void {
  if (name === 'envoy_http_downstream_rq_time_bucket') addCumulative(counts, labels['le'], value)
  else countCode(counts, `${labels['envoy_response_code_class'] ?? 0}00`, value)
}
