/**
 * What the connection manager does to a request's head before any filter sees it, in Envoy's order: checks, path, host, forwarding headers,
 * request id.
 */
import { randomUuid } from '../../lib/uuid.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'
import { determineClient } from './client-address.ts'
import { FAILURES, type Failure } from './failure.ts'
import type { HcmOptions } from './options.ts'
import { needsNormalization, normalizePath } from './path.ts'

/** Headers by which a client could steer the proxy: only internal clients may send them. */
const INTERNAL_ONLY = [
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-original-url',
  'x-envoy-hedge-on-per-try-timeout',
]

/** Refused, or to be asked for under another path (307). */
export type HeadProblem = Failure | { readonly redirect: string }

/** @returns undefined when the request may go on */
export function prepareRequestHead(
  head: RequestHead,
  connection: Connection,
  options: HcmOptions,
  record: DecisionRecord,
): HeadProblem | undefined {
  if (head.protocol === 'HTTP/1.0' && !options.acceptHttp10) return FAILURES.oldHttp
  if (head.authority === '') {
    if (head.protocol !== 'HTTP/1.0' || options.defaultHostForHttp10 === '') return FAILURES.missingHost
    head.authority = options.defaultHostForHttp10
  }
  const connect = head.method === 'CONNECT'
  if (!connect) {
    if (head.path === '') return FAILURES.missingPath
    if (!head.path.startsWith('/')) return FAILURES.absolutePath
  }
  if (options.normalizes && head.path !== '' && needsNormalization(head.path, options.path)) {
    const normal = normalizePath(head.path, options.path)
    if (normal.action === 'reject') return FAILURES.badPath
    head.path = normal.path
    if (normal.action === 'redirect') return { redirect: normal.path }
  }
  if (options.stripPort !== 'no' && !connect) head.authority = withoutPort(head.authority, options, connection.facts.localPort)
  if (options.stripTrailingDot) head.authority = head.authority.replace(/\.(?=(?::\d+)?$)/, '')

  const { headers } = head
  const client = determineClient(head, connection, options)
  record.remoteAddress = client.address
  const edge = options.useRemoteAddress && !client.internal
  if (client.internal) headers.set('x-envoy-internal', 'true')
  else {
    headers.remove('x-envoy-internal')
    if (edge) {
      headers.set('x-envoy-external-address', client.address)
      headers.remove('x-envoy-decorator-operation')
      headers.remove('x-envoy-downstream-service-cluster')
      headers.remove('x-envoy-downstream-service-node')
    }
    for (let i = 0; i < INTERNAL_ONLY.length; i++) headers.remove(INTERNAL_ONLY[i] ?? '')
  }
  if (options.generateRequestId && ((edge && !options.preserveExternalRequestId) || !headers.has('x-request-id')))
    headers.set('x-request-id', randomUuid())
  options.clientCertificate.apply(headers, connection)
  if (options.via !== '') appendVia(headers, options.via)
  return undefined
}

/** @param via as configured: Envoy adds no protocol version in front of it */
export function appendVia(headers: Headers, via: string): void {
  const before = headers.get('via')
  headers.set('via', before === undefined ? via : `${before}, ${via}`)
}

function withoutPort(authority: string, options: HcmOptions, listenerPort: number): string {
  const found = /^(.*?):(\d+)$/.exec(authority)
  if (found === null || (found[1]?.startsWith('[') && !found[1].endsWith(']'))) return authority
  if (options.stripPort === 'matching' && Number(found[2]) !== listenerPort) return authority
  return found[1] ?? authority
}
