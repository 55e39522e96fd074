/** A collector of access logs: Envoy's access log service and OpenTelemetry's, as real gRPC services; what came in, as JSON. */
import grpc from '@grpc/grpc-js'
import { bytesToJson, type JsonValue } from '../../src/xds/wire/json.ts'

export interface LogCollector extends AsyncDisposable {
  readonly port: number
  /** StreamAccessLogsMessage, each as it came. */
  readonly messages: JsonValue[]
  /** ExportLogsServiceRequest, each as it came. */
  readonly exports: JsonValue[]
}

const bytes = (buffer: Buffer) => buffer
const raw = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes }
const STREAM = {
  ...raw,
  path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  requestStream: true,
  responseStream: false,
}
const EXPORT = {
  ...raw,
  path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  requestStream: false,
  responseStream: false,
}

/** @param port 0: any */
export async function startLogCollector(port = 0): Promise<LogCollector> {
  const messages: JsonValue[] = []
  const exports: JsonValue[] = []
  const server = new grpc.Server()
  server.addService(
    { stream: STREAM, export: EXPORT },
    {
      stream(call: grpc.ServerReadableStream<Buffer, Buffer>, done: (error: null, answer: Buffer) => void) {
        call.on('data', (message: Buffer) =>
          messages.push(bytesToJson('envoy.service.accesslog.v3.StreamAccessLogsMessage', message)),
        )
        call.on('error', () => {})
        call.on('end', () => done(null, Buffer.alloc(0)))
      },
      export(call: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
        exports.push(bytesToJson('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest', call.request))
        done(null, Buffer.alloc(0))
      },
    },
  )
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    ),
  )
  return {
    port: bound,
    messages,
    exports,
    async [Symbol.asyncDispose]() {
      server.forceShutdown()
    },
  }
}
