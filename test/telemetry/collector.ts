/** A collector of spans: OTLP over gRPC and over HTTP, and Zipkin; what came in, in one form. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import grpc from '@grpc/grpc-js'
import { bytesToJson } from '../../src/xds/wire/json.ts'

export interface ReceivedSpan {
  readonly by: 'otlp' | 'zipkin'
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly tags: Readonly<Record<string, string>>
  readonly failed: boolean
  readonly durationMs: number
}

export interface Collector extends AsyncDisposable {
  readonly grpcPort: number
  readonly httpPort: number
  readonly spans: ReceivedSpan[]
  /** Headers of the last report over HTTP. */
  readonly lastHeaders: () => http.IncomingHttpHeaders
}

const EXPORT = {
  path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
}

export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = []
  let headers: http.IncomingHttpHeaders = {}
  const rpc = new grpc.Server()
  rpc.addService(
    { export: EXPORT },
    {
      export(call: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
        spans.push(...otlpSpans(call.request))
        done(null, Buffer.alloc(0))
      },
    },
  )
  const grpcPort = await new Promise<number>((resolve, reject) =>
    rpc.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
  const web = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    headers = request.headers
    spans.push(...(request.url === '/v1/traces' ? otlpSpans(body) : zipkinSpans(body.toString())))
    response.writeHead(202).end()
  })
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
  return {
    grpcPort,
    httpPort: (web.address() as AddressInfo).port,
    spans,
    lastHeaders: () => headers,
    async [Symbol.asyncDispose]() {
      rpc.forceShutdown()
      web.closeAllConnections()
      await new Promise(resolve => web.close(resolve))
    },
  }
}

/** As the JSON forms have it; only what is looked at here. */
interface OtlpAttribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly status?: { readonly code?: string }
}

interface OtlpReport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

interface ZipkinSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly name: string
  readonly kind: string
  readonly duration: number
  readonly localEndpoint: { readonly serviceName: string }
  readonly tags: Readonly<Record<string, string>>
}

function otlpSpans(bytes: Uint8Array): ReceivedSpan[] {
  // By reflection: its numbers are longer than those of ts-proto. Tests may trust the form.
  const json: unknown = bytesToJson('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest', bytes)
  const hex = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString('hex')
  return (json as OtlpReport).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(span => ({
        by: 'otlp' as const,
        service: texts(resource.attributes)['service.name'] ?? '',
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        name: span.name,
        kind: span.kind.replace('SPAN_KIND_', '').toLowerCase(),
        tags: texts(span.attributes ?? []),
        failed: span.status?.code === 'STATUS_CODE_ERROR',
        durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
      })),
    ),
  )
}

function texts(attributes: readonly OtlpAttribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? '']))
}

function zipkinSpans(text: string): ReceivedSpan[] {
  return (JSON.parse(text) as ZipkinSpan[]).map(({ traceId, id, parentId = '', name, kind, duration, localEndpoint, tags }) => ({
    by: 'zipkin',
    service: localEndpoint.serviceName,
    traceId,
    spanId: id,
    parentSpanId: parentId,
    name,
    kind: kind.toLowerCase(),
    tags,
    failed: tags['error'] === 'true',
    durationMs: duration / 1000,
  }))
}
