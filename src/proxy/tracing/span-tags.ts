/** The tags of a span, read from the record of a request that is over: names and values are Envoy's (HttpTracerUtility). */
import { fromByteText } from '../../lib/byte-text.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'

type Tags = Map<string, string>

/** Of the request as it came in. @param maxPath characters of the path */
export function requestTags(tags: Tags, record: DecisionRecord, maxPath: number): void {
  const { request, connection } = record
  if (request === undefined) return
  const { headers } = request
  copy(tags, 'guid:x-request-id', headers.get('x-request-id'))
  tags.set('http.url', fromByteText(url(request, record.originalPath, maxPath)))
  tags.set('http.method', request.method)
  tags.set('downstream_cluster', fromByteText(headers.get('x-envoy-downstream-service-cluster') || '-'))
  tags.set('user_agent', fromByteText(headers.get('user-agent') || '-'))
  tags.set('http.protocol', request.protocol)
  tags.set('peer.address', connection.facts.remoteAddress)
  copy(tags, 'guid:x-client-trace-id', headers.get('x-client-trace-id'))
  if (isGrpc(headers)) {
    tags.set('grpc.path', fromByteText(request.path))
    tags.set('grpc.authority', fromByteText(request.authority))
    copy(tags, 'grpc.content_type', headers.get('content-type'))
    copy(tags, 'grpc.timeout', headers.get('grpc-timeout'))
  }
}

/** Of the answer. @param status of this try; 0: there was none */
export function outcomeTags(tags: Tags, record: DecisionRecord, status: number): void {
  tags.set('component', 'proxy')
  if (record.cluster !== undefined) {
    tags.set('upstream_cluster', record.cluster.name)
    tags.set('upstream_cluster.name', record.cluster.name)
  }
  tags.set('http.status_code', String(status))
  tags.set('response_flags', record.flags || '-')
  const grpc = grpcStatus(record)
  if (grpc !== undefined) {
    tags.set('grpc.status_code', grpc)
    copy(tags, 'grpc.message', record.responseTrailers?.get('grpc-message') ?? record.responseHeaders?.get('grpc-message'))
  }
  if (status === 0 || status >= 500 || (grpc !== undefined && grpc !== '0')) tags.set('error', 'true')
}

function copy(tags: Tags, name: string, value: string | undefined): void {
  if (value !== undefined && value !== '') tags.set(name, fromByteText(value))
}

function url({ authority, headers, path, scheme }: RequestHead, originalPath: string, maxPath: number): string {
  const asked = headers.get('x-envoy-original-path') ?? (originalPath || path)
  return `${headers.get('x-forwarded-proto') ?? scheme}://${authority}${asked.slice(0, maxPath)}`
}

function isGrpc(headers: Headers): boolean {
  const type = headers.get('content-type')
  return type !== undefined && /^application\/grpc(?:\+|;|$)/.test(type)
}

function grpcStatus({ request, responseTrailers, responseHeaders }: DecisionRecord): string | undefined {
  if (request === undefined || !isGrpc(request.headers)) return undefined
  return responseTrailers?.get('grpc-status') ?? responseHeaders?.get('grpc-status')
}
