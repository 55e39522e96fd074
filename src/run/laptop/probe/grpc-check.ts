/** The gRPC way: grpc.health.v1.Health/Check, whose two messages have one field each and are written here by hand. */
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import type { Target } from './checks.ts'
import type { Check } from './prober.ts'

const METHOD = '/grpc.health.v1.Health/Check'
const SERVING = 1

/** @param service what is asked about; '' is the server as a whole. Good when the answer is SERVING */
export function grpcCheck({ host, port }: Target, service: string): Check {
  return timeoutMs =>
    new Promise(resolve => {
      // A proxy in the environment of `mizzen up` is not for probes.
      const client = new Client(`${host}:${port}`, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 })
      const done = (error: ServiceError | null, serving: number | undefined) => {
        client.close()
        if (error)
          resolve(
            `health check failed: ${error.code === status.DEADLINE_EXCEEDED ? `no answer within ${timeoutMs} ms` : error.details}`,
          )
        else resolve(serving === SERVING ? undefined : `health check answered ${serving ?? 0}, expected 1 (SERVING)`)
      }
      client.makeUnaryRequest(METHOD, encodeRequest, decodeStatus, service, { deadline: Date.now() + timeoutMs }, done)
    })
}

/** HealthCheckRequest { string service = 1 } */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127)
  return name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
}

/** HealthCheckResponse { enum status = 1 } */
function decodeStatus(bytes: Buffer): number {
  return bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0
}
