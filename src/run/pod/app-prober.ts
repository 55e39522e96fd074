/**
 * Asks the application what kubelet would have asked it (ISTIO_KUBE_APP_PROBERS): from 127.0.0.6, which the capture rules know as "has been through the
 * proxy", so that no policy stands between.
 */
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, isIPv6 } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { unaryCall } from '../../xds/client/unary-call.ts'

export interface ProbeAnswer {
  readonly status: number
  readonly body: string
}

interface HttpProbe {
  readonly kind: 'http'
  readonly port: number
  readonly path: string
  readonly host: string | undefined
  readonly tls: boolean
  readonly headers: readonly (readonly [name: string, value: string])[]
}
type Probe = (
  | HttpProbe
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'grpc'; readonly port: number; readonly service: string }
) & {
  readonly timeoutMs: number
}

const PASSED: ProbeAnswer = { status: 200, body: '' }
/** As much of an answer as kubelet shows. */
const MOST_BODY = 10 * 1024
/** Kubelet's default. */
const TIMEOUT_S = 1

export class AppProber {
  readonly #probes: ReadonlyMap<string, Probe>
  readonly #address: string
  readonly #clock: Clock

  /**
   * @param text ISTIO_KUBE_APP_PROBERS; '' when there are none
   * @param address of the pod
   * @throws naming what cannot be used
   */
  constructor(text: string, address: string, clock: Clock) {
    this.#address = address
    this.#clock = clock
    this.#probes = readProbes(text)
  }

  /**
   * @param path of kubelet's request, /app-health/NAME/livez
   * @param headers of it that the application may want to see
   * @returns undefined when there is no such probe
   */
  async ask(path: string, headers: Readonly<Record<string, string | undefined>> = {}): Promise<ProbeAnswer | undefined> {
    const probe = this.#probes.get(path)
    if (probe === undefined) return undefined
    try {
      if (probe.kind === 'tcp') return await this.#tcp(probe.port, probe.timeoutMs)
      if (probe.kind === 'grpc') return await this.#grpc(probe.port, probe.service, probe.timeoutMs)
      return await this.#http(probe, headers['user-agent'])
    } catch (error) {
      return { status: 500, body: error instanceof Error ? error.message : String(error) }
    }
  }

  get #source(): string {
    return isIPv6(this.#address) ? '::6' : '127.0.0.6'
  }

  #http(probe: HttpProbe & { readonly timeoutMs: number }, agent: string | undefined): Promise<ProbeAnswer> {
    const host = probe.host ?? this.#address
    const options: RequestOptions = {
      host,
      localAddress: isIPv6(host) ? '::6' : this.#source,
      port: probe.port,
      path: probe.path,
      headers: { ...(agent && { 'user-agent': agent }), ...Object.fromEntries(probe.headers), connection: 'close' },
      agent: false,
      timeout: probe.timeoutMs,
    }
    return new Promise((resolve, reject) => {
      const sent = (probe.tls ? httpsRequest : httpRequest)({ ...options, rejectUnauthorized: false }, answer => {
        const chunks: Buffer[] = []
        let length = 0
        answer.on('data', (chunk: Buffer) => {
          if (length < MOST_BODY) chunks.push(chunk.subarray(0, MOST_BODY - length))
          length += chunk.length
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 500, body: Buffer.concat(chunks).toString() }))
        answer.on('error', reject)
      })
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${probe.timeoutMs / 1000} s`)))
      sent.on('error', reject)
      sent.end()
    })
  }

  #tcp(port: number, timeoutMs: number): Promise<ProbeAnswer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#address, port, localAddress: this.#source, timeout: timeoutMs })
      socket.on('connect', () => {
        socket.destroy()
        resolve(PASSED)
      })
      socket.on('timeout', () => socket.destroy(new Error(`no connection within ${timeoutMs / 1000} s`)))
      socket.on('error', reject)
    })
  }

  /** grpc.health.v1.Health: its messages are one text and one number. */
  async #grpc(port: number, service: string, timeoutMs: number): Promise<ProbeAnswer> {
    const name = Buffer.from(service)
    const request = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
    const answer = await unaryCall(
      {
        // The pod's own address would lead through the proxy, which refuses plain requests where mutual TLS is STRICT.
        address: { host: isIPv6(this.#address) ? '::1' : '127.0.0.1', port },
        security: { tls: () => undefined, headers: () => ({}) },
        path: '/grpc.health.v1.Health/Check',
        clock: this.#clock,
        timeoutMs,
      },
      request,
    )
    const serving = answer[0] === 0x08 && answer[1] === 1
    return serving ? PASSED : { status: 500, body: 'the application says that it does not serve' }
  }
}

type Fields = Readonly<Record<string, unknown>>

function readProbes(text: string): ReadonlyMap<string, Probe> {
  if (text === '') return new Map()
  let all: unknown
  try {
    all = JSON.parse(text)
  } catch {
    throw new Error(`Cannot probe the application: ISTIO_KUBE_APP_PROBERS is no JSON: ${text}`)
  }
  return new Map(Object.entries(fieldsOf(all)).map(([path, probe]) => [path, readProbe(path, fieldsOf(probe))]))
}

function readProbe(path: string, probe: Fields): Probe {
  const { httpGet, tcpSocket, grpc, timeoutSeconds } = probe
  const timeoutMs = 1000 * (typeof timeoutSeconds === 'number' && timeoutSeconds > 0 ? timeoutSeconds : TIMEOUT_S)
  const target = fieldsOf(httpGet ?? tcpSocket ?? grpc)
  const port = Number(target['port'])
  if (!(port > 0)) throw new Error(`Cannot probe the application: ISTIO_KUBE_APP_PROBERS has no port for "${path}"`)
  if (grpc !== undefined) return { kind: 'grpc', port, service: String(target['service'] ?? ''), timeoutMs }
  if (tcpSocket !== undefined) return { kind: 'tcp', port, timeoutMs }
  const headers = Array.isArray(target['httpHeaders']) ? target['httpHeaders'].map(fieldsOf) : []
  const { path: asked, host } = target
  return {
    kind: 'http',
    port,
    path: typeof asked === 'string' && asked !== '' ? (asked.startsWith('/') ? asked : `/${asked}`) : '/',
    host: typeof host === 'string' && host !== '' ? host : undefined,
    tls: target['scheme'] === 'HTTPS',
    headers: headers.map(({ name, value }) => [String(name), String(value)] as const),
    timeoutMs,
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
