/** Ways to a collector: reports of encoded spans through a cluster, over gRPC or HTTP. */

import { toByteText } from '../../lib/byte-text.ts'
import { randomId } from '../../lib/trace/ids.ts'
import type { HttpService } from '../../xds/gen/envoy/config/core/v3/http_service.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { Clusters } from '../cluster/cluster.ts'
import { exchange } from '../cluster/exchange.ts'
import { type GrpcTarget, grpcUnary } from '../cluster/grpc-unary.ts'
import { HeaderList } from '../http/headers.ts'

/** @param done is called once: undefined, or why the report did not arrive */
export type SendReport = (report: Uint8Array, done: (error: string | undefined) => void) => void

export interface HttpTarget {
  readonly cluster: string
  readonly authority: string
  readonly path: string
  readonly timeoutMs: number
  /** name, value, name, value ... */
  readonly headers: readonly string[]
}

/** A collector with a proxy beside it would make spans of what brings it spans, and so on: reports say that they are not traced. */
const UNTRACED = ['traceparent', `00-${randomId(16)}-${randomId(8)}-00`, 'b3', '0']

/** Of a report, where nothing is said. */
export const REPORT_TIMEOUT_MS = 5000

export function overGrpc(clusters: Clusters, target: GrpcTarget, method: string): SendReport {
  const untraced = { ...target, metadata: [...target.metadata.map(withEnvironment), ...UNTRACED] }
  return (report, done) => {
    grpcUnary(clusters, untraced, method, report, answer => done(answer instanceof Error ? answer.message : undefined))
  }
}

export function overHttp(clusters: Clusters, target: HttpTarget, contentType: string): SendReport {
  const { cluster, authority, path, timeoutMs, headers } = target
  return (report, done) => {
    const fields = ['content-type', contentType, 'content-length', String(report.length), ...UNTRACED, ...headers]
    const head = {
      protocol: 'HTTP/1.1',
      method: 'POST',
      scheme: 'http',
      authority,
      path,
      headers: new HeaderList(fields),
      upgrade: undefined,
    } as const
    exchange(clusters, { cluster, head, body: report, timeoutMs }, answer => {
      if (answer instanceof Error) done(answer.message)
      else done(answer.status >= 200 && answer.status < 300 ? undefined : `status ${answer.status}`)
    })
  }
}

/** @throws when it names no cluster */
export function readHttpTarget({ httpUri, requestHeadersToAdd }: HttpService): HttpTarget {
  const cluster = httpUri?.httpUpstreamType?.value
  if (httpUri === undefined || cluster === undefined) throw new Error('http_service has no http_uri with a cluster')
  const { authority, path } = partsOf(httpUri.uri)
  return {
    cluster,
    authority: authority || cluster,
    path,
    timeoutMs: durationMs(httpUri.timeout) ?? REPORT_TIMEOUT_MS,
    headers: requestHeadersToAdd.flatMap(({ header }) =>
      header ? [header.key.toLowerCase(), withEnvironment(toByteText(header.value))] : [],
    ),
  }
}

/** %ENVIRONMENT(NAME)% is the only operator that makes sense where there is no request. */
function withEnvironment(text: string): string {
  return text.replace(/%ENVIRONMENT\(([^)]*)\)%/g, (_, name: string) => process.env[name] ?? '')
}

/** Of "http://collector:4318/v1/traces", or of a path alone. */
function partsOf(uri: string): { authority: string; path: string } {
  const [, authority = '', path = ''] = /^(?:[a-z]+:\/\/([^/]*))?(.*)$/i.exec(uri) ?? []
  return { authority, path: path || '/' }
}
