/**
 * A decision record told as JSON: what happened to one request and why, for people and for tools (/requests, /tap, `mizzen explain`, the page).
 * Made only for requests that somebody will read; it holds on to nothing of the request.
 */
import type { Host } from '../balance/host.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ConfigOrigin } from '../route/decision.ts'
import { pathOnly } from '../route/request-field.ts'
import type { DecisionRecord, Side } from './decision-record.ts'
import type { RuleReference } from './denial-notes.ts'
import { denialReason } from './denials.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'
import type { Evidence } from './evidence.ts'
import { grpcStatusOf } from './grpc-status.ts'
import { type Peer, peerOfConnection, peerOfHost } from './peer.ts'

/**
 * One request (or TCP connection) that is over. Fields that do not apply are left out. Times named `...Ms` are milliseconds after `time`.
 *
 * ```json
 * {
 *   "seq": 1732304000000001, "id": "5f0c…", "time": "2026-11-22T19:00:00.123Z", "durationMs": 12.5, "side": "outbound",
 *   "protocol": "HTTP/1.1", "method": "GET", "scheme": "http", "authority": "cart", "path": "/items", "userAgent": "curl/8",
 *   "trace": {"traceId": "4bf9…", "spanId": "00f0…"},
 *   "status": 503, "flags": ["UF", "URX"], "details": "upstream_reset_before_response_started{…}", "endedBy": "proxy", "failed": true,
 *   "source": {"address": "10.0.0.7:51234", "principal": "spiffe://…/sa/web", "workload": "web-v1", "namespace": "shop", …},
 *   "destination": {"address": "10.0.0.9:8080", "principal": "…", "workload": "cart-v1", "namespace": "shop", …},
 *   "listener": {"address": "10.96.0.4:80", "serverName": ""}, "mutualTls": true,
 *   "route": {"virtualHost": "cart:80", "name": "default", "origin": {"origin": "VirtualService shop/cart", "file": "cart.yaml", "line": 3, "rule": "http[0]"}},
 *   "cluster": "outbound|80||cart.shop.svc.cluster.local", "service": "cart.shop.svc.cluster.local",
 *   "pick": {"policy": "least request", "hosts": 3, "healthy": 2, "ejected": 1, "weight": 1, "priority": 0, "locality": "eu/a/", "secure": true},
 *   "tries": [{"address": "10.0.0.8:8080", "startMs": 0.4, "endMs": 2.1, "status": 0, "reason": "remote connection failure"}, {…last one…}],
 *   "policy": {"verdict": "denied", "name": "ns[shop]-policy[viewers]-rule[0]", "decision": "4f…-1", "reason": "…", "rule": {"object": "AuthorizationPolicy shop/viewers", "rule": "rules[0]", "file": "…", "line": 12, …}},
 *   "timings": {"requestEndMs": 0.2, "upstreamStartMs": 0.4, "upstreamFirstByteMs": 9, "upstreamEndMs": 12, "responseStartMs": 9.1},
 *   "bytesReceived": 0, "bytesSent": 91, "transportFailure": "…", "grpcStatus": 14,
 *   "diagnosis": {"culprit": "callee", "sentence": "…", "cause": "…", "advice": "…", "at": {"origin": "…", "file": "…", "line": 3, "rule": "…"}}
 * }
 * ```
 */
export interface Story extends Evidence {
  /** Grows with every story of this process, and over its restarts. */
  readonly seq: number
  /** x-request-id; of a TCP connection "connection-12". */
  readonly id: string
  /** ISO 8601: the head of the request was complete, or the connection accepted. */
  readonly time: string
  readonly durationMs: number
  readonly side: Side
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2' | 'tcp'
  readonly method?: string
  readonly scheme?: string
  readonly authority?: string
  /** Before any rewrite, without the query, which may hold secrets. */
  readonly path?: string
  readonly userAgent?: string
  readonly trace?: { readonly traceId: string; readonly spanId: string }
  /** 0: the client got no response, or it is a TCP connection. */
  readonly status: number
  readonly grpcStatus?: number
  /** Envoy's response flags. */
  readonly flags: readonly string[]
  /** %RESPONSE_CODE_DETAILS%. */
  readonly details: string
  readonly endedBy: 'upstream' | 'proxy' | 'client'
  /** 4xx, 5xx, a gRPC status other than OK, or ended before its time. */
  readonly failed: boolean
  readonly source: Peer & { readonly address: string }
  readonly destination?: Peer & { readonly address: string }
  readonly listener: { readonly address: string; readonly serverName: string }
  /** Of the connection from the source. */
  readonly mutualTls: boolean
  readonly route?: { readonly virtualHost: string; readonly name: string; readonly origin?: ConfigOrigin }
  readonly cluster?: string
  /** Host name of the service that the cluster stands for. */
  readonly service?: string
  /** The object that the cluster's settings come from; its line is not known here. */
  readonly clusterOrigin?: ConfigOrigin
  /** Among whom the endpoint was picked, and how, as it is when the request ends. */
  readonly pick?: {
    readonly policy: string
    readonly hosts: number
    readonly healthy: number
    readonly ejected: number
    readonly weight?: number
    readonly priority?: number
    readonly locality?: string
    /** Connections to the endpoint are encrypted. */
    readonly secure?: boolean
  }
  /** In order; the last one is what the client saw. */
  readonly tries: readonly Try[]
  readonly policy?: PolicyVerdict
  readonly timings: Readonly<Record<string, number>>
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Why no connection to the endpoint was made. */
  readonly transportFailure?: string
  /** Of failed requests. */
  readonly diagnosis?: Diagnosis
}

/** What access rules, tokens and authorizers made of it. */
export interface PolicyVerdict {
  readonly verdict: 'allowed' | 'denied'
  /** The rule that decided, by its name in the proxy's configuration; absent: none did. */
  readonly name?: string
  /** Of a denial: what `mizzen explain deny` is asked for, and one sentence. */
  readonly decision?: string
  readonly reason?: string
  /** The rule that denied, or the one that nearly allowed it. */
  readonly rule?: RuleReference
}

export interface Try {
  readonly address?: string
  readonly workload?: string
  readonly startMs: number
  readonly endMs: number
  /** 0: no response. */
  readonly status: number
  /** Why it was given up; absent: it was not. */
  readonly reason?: string
}

/** Whether it is among those that somebody will ask about. */
export function hasFailed(record: DecisionRecord): boolean {
  if (record.status >= 400) return true
  if (record.flags !== '' && record.flags !== 'DI') return true
  if (record.request === undefined) return false
  const grpc = grpcStatusOf(record)
  return record.status === 0 || (grpc !== undefined && grpc !== 0)
}

export function tellStory(record: DecisionRecord, seq: number): Story {
  const { request, connection, cluster, host, startedAt } = record
  const failed = hasFailed(record)
  const grpcStatus = grpcStatusOf(record)
  const userAgent = request?.headers.get('user-agent')
  const trace = traceOf(request?.headers.get('traceparent'))
  const service = serviceOf(record)
  const story = {
    seq,
    id: request?.headers.get('x-request-id') ?? `connection-${connection.id}`,
    time: new Date(record.startTime).toISOString(),
    durationMs: ms(record.endedAt - startedAt),
    side: record.side,
    protocol: request?.protocol ?? 'tcp',
    ...(request !== undefined && {
      method: request.method,
      scheme: request.scheme,
      authority: request.authority,
      path: pathOnly(record.originalPath),
      ...(userAgent !== undefined && { userAgent }),
    }),
    ...(trace !== undefined && { trace }),
    status: record.status,
    ...(grpcStatus !== undefined && { grpcStatus }),
    flags: record.flags === '' ? [] : record.flags.split(','),
    details: record.details,
    endedBy: endedBy(record),
    failed,
    source: { address: addressOf(record.remoteAddress, connection.facts.remotePort), ...peerOfConnection(connection) },
    ...(host !== undefined && { destination: { address: host.address, ...peerOfHost(host) } }),
    listener: {
      address: addressOf(connection.facts.localAddress, connection.facts.localPort),
      serverName: connection.facts.serverName,
    },
    mutualTls: connection.peer !== undefined,
    ...(record.virtualHost !== '' && {
      route: {
        virtualHost: record.virtualHost,
        name: record.route,
        ...(record.origin !== undefined && { origin: record.origin }),
      },
    }),
    ...(cluster !== undefined && { cluster: cluster.name, ...originOf(cluster) }),
    ...(service !== undefined && { service }),
    ...(cluster?.balance !== undefined && { pick: { ...cluster.balance, ...chosen(host) } }),
    tries: triesOf(record),
    ...policyOf(record),
    timings: timingsOf(record),
    bytesReceived: record.bytesReceived,
    bytesSent: record.bytesSent,
    ...(record.transportFailure !== '' && { transportFailure: record.transportFailure }),
  } satisfies Story
  return failed ? { ...story, diagnosis: diagnose(story) } : story
}

/** Of a failed request; undefined: it went well. */
export function diagnosisOf(record: DecisionRecord): Diagnosis | undefined {
  return hasFailed(record) ? tellStory(record, 0).diagnosis : undefined
}

/** "outbound|80|v1|cart.shop.svc.cluster.local" -> "cart.shop.svc.cluster.local"; what an inbound cluster stands for is in its metadata. */
export function serviceOf({ cluster, side }: DecisionRecord): string | undefined {
  if (cluster === undefined) return undefined
  const parts = cluster.name.split('|')
  return side === 'inbound' || parts.length !== 4 ? undefined : parts[3]
}

function originOf({ metadata }: Cluster): { clusterOrigin?: ConfigOrigin } {
  const own = metadata['mizzen.dev']
  if (typeof own !== 'object' || own === null || !('origin' in own)) return {}
  const { origin, file, rule } = { file: '', rule: '', ...own }
  return { clusterOrigin: { origin: String(origin), file: String(file), line: 0, rule: String(rule) } }
}

function chosen(host: Host | undefined): Pick<Host, 'weight' | 'priority' | 'locality' | 'secure'> | undefined {
  return host && { weight: host.weight, priority: host.priority, locality: host.locality, secure: host.secure ?? false }
}

function endedBy({ flags, details, request }: DecisionRecord): Story['endedBy'] {
  const set = flags.split(',')
  if (set.includes('DC') || set.includes('DR') || set.includes('DPE')) return 'client'
  if (details === 'via_upstream' || (request === undefined && flags === '')) return 'upstream'
  return 'proxy'
}

function triesOf(record: DecisionRecord): Try[] {
  const { formerTries, startedAt, host, attempts } = record
  const tries = (formerTries ?? []).map((former): Try => {
    const at = { startMs: ms(former.startedAt - startedAt), endMs: ms(former.endedAt - startedAt) }
    return { ...where(former.host), ...at, status: former.status, reason: former.reason }
  })
  if (attempts > tries.length) {
    const from = record.tryStartedAt || record.upstreamStartedAt
    const answered = record.details === 'via_upstream'
    tries.push({
      ...where(host),
      startMs: ms(from - startedAt),
      endMs: ms((record.upstreamEndedAt || record.endedAt) - startedAt),
      status: answered ? record.status : 0,
      ...(!answered && record.request !== undefined && { reason: record.transportFailure || record.details }),
    })
  }
  return tries
}

function where(host: Host | undefined): { address?: string; workload?: string } {
  if (host === undefined) return {}
  const { workload } = peerOfHost(host)
  return workload === undefined ? { address: host.address } : { address: host.address, workload }
}

function policyOf({ policy, denial }: DecisionRecord): Pick<Story, 'policy'> | undefined {
  const name = policy !== '' && { name: policy }
  if (denial === undefined) return name ? { policy: { verdict: 'allowed', ...name } } : undefined
  const rule = denial.policy ?? denial.nearest[0]
  return { policy: { verdict: 'denied', ...name, decision: denial.id, reason: denialReason(denial), ...(rule && { rule }) } }
}

function timingsOf(record: DecisionRecord): Record<string, number> {
  const points = {
    requestEndMs: record.requestEndedAt,
    upstreamStartMs: record.upstreamStartedAt,
    upstreamFirstByteMs: record.upstreamFirstByteAt,
    upstreamEndMs: record.upstreamEndedAt,
    responseStartMs: record.responseStartedAt,
  }
  const reached = Object.entries(points).filter(([, at]) => at !== 0)
  return Object.fromEntries(reached.map(([name, at]) => [name, ms(at - record.startedAt)]))
}

/** W3C trace context, version 00. */
function traceOf(traceparent: string | undefined): Story['trace'] {
  const found = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/.exec(traceparent ?? '')
  return found?.[1] === undefined || found[2] === undefined ? undefined : { traceId: found[1], spanId: found[2] }
}

function addressOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** To a hundredth of a millisecond. */
function ms(value: number): number {
  return Math.round(Math.max(0, value) * 100) / 100
}
