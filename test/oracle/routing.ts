/**
 * Two judges of one routing case: the compiled route table, and Envoy with the same RouteConfiguration in front of backends that tell
 * what reached them. Both give an Outcome.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import type { RequestHead } from '../../src/proxy/http/stream.ts'
import { compileRoutes } from '../../src/proxy/route/compile.ts'
import type { ResponseContext, RouteTable } from '../../src/proxy/route/decision.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { ROUTE } from '../../src/xds/wire/type-url.ts'
import { type Envoy, startEnvoy } from './envoy.ts'
import { askOver, httpListener, startBackend, staticCluster } from './http-listener.ts'

export interface Ask {
  readonly path: string
  /** @default "shop.example" */
  readonly host?: string
  /** @default "GET" */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** What became of a request. Of headers only those that the cases are about: x-t-*, x-envoy-original-*, x-forwarded-host. */
export interface Outcome {
  /** Of a forwarded request. */
  readonly cluster?: string
  readonly path?: string
  readonly host?: string
  readonly request?: Readonly<Record<string, string>>
  /** Of an answer given by the proxy. */
  readonly status?: number
  readonly location?: string
  readonly body?: string
  readonly response?: Readonly<Record<string, string>>
}

/** The clusters that cases may name; "missing" exists in no data plane. */
export const CLUSTERS = ['a', 'b', 'c'] as const
const SHOWN = /^(x-t-|x-envoy-original-|x-forwarded-host$)/

export function decode(config: JsonValue): RouteTable {
  return compileRoutes(RouteConfiguration.decode(jsonToBytes(ROUTE, config)))
}

/** What the connection manager and the router filter would do with the table's decision. */
export function outcomeOf(table: RouteTable, ask: Ask): Outcome {
  const head = headOf(ask)
  const context = contextOf()
  const decision = table.match(head, context)
  if (decision === undefined) return { status: 404, body: '', response: {} }
  if (decision === 'tls-required') return { status: 301, location: `https://${head.authority}${head.path}`, response: {} }
  const { action } = decision
  const answered = new HeaderList()
  const shown = () => shownHeaders(answered)
  if (action.kind === 'direct-response') {
    action.applyResponseHeaders(answered, head, context)
    return { status: action.status, body: Buffer.from(action.body).toString(), response: shown() }
  }
  if (action.kind === 'redirect') {
    const location = action.location(head)
    action.applyResponseHeaders(answered, head, context)
    return { status: action.status, location, response: shown() }
  }
  if (!CLUSTERS.some(name => name === action.cluster)) return { status: action.clusterNotFoundStatus, body: '', response: {} }
  action.prepare(head, context)
  answered.add('x-t-upstream', 'yes')
  action.applyResponseHeaders(answered, head, context)
  return {
    status: 200,
    cluster: action.cluster,
    path: head.path,
    host: head.authority,
    request: shownHeaders(head.headers),
    response: shown(),
  }
}

function headOf(ask: Ask): RequestHead {
  const fields: string[] = []
  for (const [name, value] of Object.entries(ask.headers ?? {}))
    for (const one of typeof value === 'string' ? [value] : value) fields.push(name.toLowerCase(), one)
  const headers = new HeaderList(fields)
  const connect = ask.method === 'CONNECT'
  return {
    protocol: 'HTTP/1.1',
    method: ask.method ?? 'GET',
    // As Envoy's connection manager: of HTTP/1.1 requests the scheme is what the proxy before it says.
    scheme: headers.get('x-forwarded-proto') === 'https' ? 'https' : 'http',
    authority: connect ? ask.path : (ask.host ?? 'shop.example'),
    path: connect ? '' : ask.path,
    headers,
    upgrade: undefined,
  }
}

function contextOf(): ResponseContext {
  return {
    remoteAddress: '127.0.0.1',
    remotePort: 1,
    localAddress: '127.0.0.1',
    localPort: 2,
    startTime: 0,
    random: () => 0.5,
    metadata: undefined,
    setCookie: () => {},
    upstreamHost: '127.0.0.1:3',
    upstreamCluster: 'a',
    responseCode: 200,
    responseFlags: '-',
  }
}

function shownHeaders(headers: HeaderList | RequestHead['headers']): Record<string, string> {
  const shown: Record<string, string> = {}
  headers.forEach((name, value) => {
    if (SHOWN.test(name)) shown[name] = shown[name] === undefined ? value : `${shown[name]}, ${value}`
  })
  return shown
}

export interface EnvoyJudge {
  outcomeOf(index: number, ask: Ask): Promise<Outcome>
  stop(): Promise<void>
}

/** One Envoy with a listener for each configuration. */
export async function startEnvoyJudge(configs: readonly JsonValue[]): Promise<EnvoyJudge> {
  const backends = await Promise.all(CLUSTERS.map(startEcho))
  const stopBackends = () => Promise.all(backends.map(backend => backend.stop()))
  let envoy: Envoy
  try {
    envoy = await startEnvoy({
      listeners: configs.map((config, i) =>
        httpListener(`case-${i}`, config, [], { upgradeConfigs: [{ upgradeType: 'CONNECT' }] }),
      ),
      clusters: CLUSTERS.map((name, i) => staticCluster(name, backends[i]?.port ?? 0)),
    })
  } catch (error) {
    await stopBackends()
    throw error
  }
  return {
    outcomeOf: (index, ask) => askEnvoy(envoy.ports.get(`case-${index}`) ?? 0, ask),
    async stop() {
      await envoy.stop()
      await stopBackends()
    },
  }
}

/** Answers with what reached it. */
async function startEcho(cluster: string) {
  const backend = await startBackend(({ method, url, headersDistinct }, response) => {
    response.setHeader('x-oracle-upstream', 'yes')
    response.setHeader('x-t-upstream', 'yes')
    response.end(JSON.stringify({ cluster, method, path: url, headers: headersDistinct }))
  })
  backend.server.on('connect', ({ headersDistinct }, socket) => {
    const echo = JSON.stringify({ cluster, method: 'CONNECT', path: '', headers: headersDistinct })
    socket.end(`HTTP/1.1 200 OK\r\nx-oracle-upstream: yes\r\nx-t-upstream: yes\r\nx-echo: ${echo}\r\n\r\n`)
  })
  return backend
}

interface Echo {
  readonly cluster: string
  readonly path: string
  readonly headers: Readonly<Record<string, readonly string[]>>
}

async function askEnvoy(port: number, ask: Ask): Promise<Outcome> {
  const sent: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(ask.headers ?? {})) sent[name] = typeof value === 'string' ? value : [...value]
  if (ask.host !== undefined) sent['host'] = ask.host
  const { status, headers, body } = await askOver(port, { method: ask.method ?? 'GET', path: ask.path, headers: sent })
  const response = shown(headers)
  if (headers['x-oracle-upstream'] === undefined) {
    const location = headers.location
    return location === undefined ? { status, body, response } : { status, location, response }
  }
  const echo = JSON.parse(ask.method === 'CONNECT' ? String(headers['x-echo']) : body) as Echo // written by the backend above
  const { host = [], ...rest } = echo.headers
  return { status, cluster: echo.cluster, path: echo.path, host: host.join(), request: shown(rest), response }
}

function shown(headers: IncomingHttpHeaders | Echo['headers']): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (SHOWN.test(name) && value !== undefined) picked[name] = typeof value === 'string' ? value : value.join(', ')
  return picked
}
