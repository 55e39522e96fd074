/** A gRPC health check: `grpc.health.v1.Health/Check` must answer SERVING. */
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { HttpPool } from '../pool/http-pool.ts'
import { type Answer, HttpExchange } from './http-exchange.ts'
import type { GrpcCheckSettings } from './settings.ts'
import { HEALTHY, ILL, type Prober, UNREACHABLE, type Verdict } from './verdict.ts'

export interface GrpcProberOptions {
  readonly settings: GrpcCheckSettings
  readonly pool: HttpPool
  /** The endpoint's own name for checks; empty: the check's. */
  readonly hostname: string
  readonly secure: boolean
}

/** HealthCheckResponse { status: SERVING } is these bytes; protobuf has no other short form of it. */
const SERVING = Buffer.from([0x08, 0x01])
/** Of an answer: the frame's header and one small message. */
const BODY_LIMIT = 1024

export class GrpcProber implements Prober {
  readonly #options: GrpcProberOptions
  readonly #request: Buffer

  constructor(options: GrpcProberOptions) {
    this.#options = options
    this.#request = frame(healthCheckRequest(options.settings.service))
  }

  check(done: (verdict: Verdict) => void): () => void {
    const exchange = new HttpExchange(BODY_LIMIT, answer => done(answer ? judge(answer) : UNREACHABLE))
    return exchange.send(this.#options.pool, this.#head(), this.#request)
  }

  close(): void {
    this.#options.pool.destroy()
  }

  #head(): RequestHead {
    const { settings, hostname, secure } = this.#options
    const headers = new HeaderList(['content-type', 'application/grpc', 'te', 'trailers', 'user-agent', 'Envoy/HC'])
    for (const [name, value] of settings.metadata) headers.add(name, value)
    return {
      protocol: 'HTTP/2',
      method: 'POST',
      scheme: secure ? 'https' : 'http',
      authority: hostname || settings.authority,
      path: '/grpc.health.v1.Health/Check',
      headers,
      upgrade: undefined,
    }
  }
}

function judge({ head, trailers, body }: Answer): Verdict {
  const status = trailers?.get('grpc-status') ?? head.headers.get('grpc-status')
  if (head.status !== 200 || status !== '0') return ILL
  // Flags (compressed or not), a length of four bytes, the message.
  return body.length >= 5 && body[0] === 0 && body.subarray(5).equals(SERVING) ? HEALTHY : ILL
}

/** HealthCheckRequest { string service = 1; } */
function healthCheckRequest(service: string): Buffer {
  const name = Buffer.from(service)
  if (name.length === 0) return name
  const length: number[] = []
  for (let rest = name.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest)
      break
    }
    length.push((rest & 0x7f) | 0x80)
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), name])
}

function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}
