/** The gRPC way: grpc.health.v1.Health/Check, whose two messages have one field each and are written here by hand. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { CERTIFICATE_FILES } from '../../grpc-bootstrap.ts'
import type { Target } from './checks.ts'
import type { Check } from './prober.ts'

const METHOD = '/grpc.health.v1.Health/Check'
const SERVING = 1

type Answer = { readonly serving: number } | ServiceError

/**
 * @param service what is asked about; '' is the server as a whole. Good when the answer is SERVING
 * @param certificates directory of those of the pod, where the application itself may take nothing but mutual TLS, and may have a policy by which
 *   nobody but its clients is heard: a refusal by policy is an answer
 */
export function grpcCheck(target: Target, service: string, certificates?: string): Check {
  return async timeoutMs => {
    const deadline = Date.now() + timeoutMs
    const first = await ask(target, service, deadline, credentials.createInsecure())
    const again = certificates !== undefined && 'code' in first && first.code === status.UNAVAILABLE
    const answer = again ? await ask(target, service, deadline, podCredentials(certificates)) : first
    if ('serving' in answer)
      return answer.serving === SERVING ? undefined : `health check answered ${answer.serving}, expected 1 (SERVING)`
    if (certificates !== undefined && answer.code === status.PERMISSION_DENIED) return undefined
    return `health check failed: ${answer.code === status.DEADLINE_EXCEEDED ? `no answer within ${timeoutMs} ms` : answer.details}`
  }
}

function ask({ host, port }: Target, service: string, deadline: number, security: typeof INSECURE): Promise<Answer> {
  return new Promise(resolve => {
    // A proxy in the environment of `mizzen up` is not for probes.
    const client = new Client(`${host}:${port}`, security, { 'grpc.enable_http_proxy': 0 })
    const done = (error: ServiceError | null, serving: number | undefined) => {
      client.close()
      resolve(error ?? { serving: serving ?? 0 })
    }
    client.makeUnaryRequest(METHOD, encodeRequest, decodeStatus, service, { deadline }, done)
  })
}

const INSECURE = credentials.createInsecure()

/** The server's name is the pod's own, as is the certificate that is shown. */
function podCredentials(directory: string): typeof INSECURE {
  const file = (name: string) => readFileSync(path.join(directory, name))
  const { roots, key, chain } = CERTIFICATE_FILES
  return credentials.createSsl(file(roots), file(key), file(chain), { checkServerIdentity: () => undefined })
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
