/**
 * Security policies before two judges: what mizzen's control plane makes of them, as one listener each, on mizzen's proxy and on Envoy; and a client that
 * can be anybody, with any certificate, address, name and token.
 */
import https from 'node:https'
import { type ConnectionOptions, connect } from 'node:tls'
import { compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import { CertificateAuthority } from '../../src/identity/authority/authority.ts'
import { MemoryGenerations } from '../../src/identity/authority/memory-generations.testing.ts'
import { SelfSignedRoots } from '../../src/identity/authority/self-signed.ts'
import { makeKeyPair } from '../../src/identity/workload/signing.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { securityOf } from '../../src/xds/resources/security.ts'
import { accessFilters, connectionFilters, tokenFilter } from '../../src/xds/resources/security-filters.ts'
import { bytesToJson, type JsonValue } from '../../src/xds/wire/json.ts'
import { type Engine, type EngineName, startEngine } from '../proxy/engine.ts'
import { rawObjects } from '../semantics/raw-objects.ts'
import { startBackend } from './http-listener.ts'

/** Documents that hold at one listener; `PORT` in them is its port. */
export interface World {
  readonly name: string
  readonly documents: readonly object[]
  /** @default false: it carries requests */
  readonly bytes?: boolean
  readonly trustDomain?: string
  readonly trustDomainAliases?: readonly string[]
}

/** What is not said is as in `USUAL`. */
export interface Request {
  /** One of `CALLERS`. */
  readonly caller?: string
  readonly sni?: string
  /** Of the loopback network. */
  readonly address?: string
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const CALLERS: Readonly<Record<string, { readonly uris?: readonly string[]; readonly dns?: readonly string[] }>> = {
  web: { uris: ['spiffe://cluster.local/ns/shop/sa/web'] },
  'web-2': { uris: ['spiffe://cluster.local/ns/shop/sa/web-2'] },
  bank: { uris: ['spiffe://cluster.local/ns/bank/sa/web'] },
  former: { uris: ['spiffe://old.local/ns/shop/sa/web'] },
  foreign: { uris: ['spiffe://evil.local/ns/shop/sa/web'] },
  deep: { uris: ['spiffe://cluster.local/ns/shop/x/sa/web/y'] },
  named: { dns: ['web.shop.example'] },
}
const USUAL = {
  caller: 'web',
  sni: 'shop.example',
  address: '127.0.0.1',
  method: 'GET',
  path: '/',
  host: 'shop.example',
} as const

/** A status and what reached the application of it; for bytes whether there was an answer. */
export type Verdict = string

export interface Judges extends AsyncDisposable {
  ask(engine: EngineName, world: number, request: Request): Promise<Verdict>
  /** Counters whose name the expression fits, by name. */
  counters(engine: EngineName, filter: RegExp): Promise<Readonly<Record<string, number>>>
}

interface Member {
  readonly cert: string
  readonly key: string
}

const TYPE = 'type.googleapis.com/envoy.extensions'

export async function startJudges(worlds: readonly World[], engines: readonly EngineName[]): Promise<Judges> {
  const roots = await SelfSignedRoots.open({
    store: new MemoryGenerations(),
    clock: systemClock,
    trustDomain: 'cluster.local',
    longestLeafMs: 3_600_000,
  })
  const authority = new CertificateAuthority({ source: roots, clock: systemClock })
  const member = async (names: object): Promise<Member> => {
    const { publicKey, privateKey } = await makeKeyPair('ecdsa-p256')
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const { chain } = authority.issue(spki, publicKey, names, 3_600_000)
    return { cert: chain.join(''), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }
  const server = await member({ uris: ['spiffe://cluster.local/ns/shop/sa/server'] })
  const members = new Map(
    await Promise.all(Object.entries(CALLERS).map(async ([name, names]) => [name, await member(names)] as const)),
  )
  const backend = await startBackend(({ url, headers }, response) => {
    const { host, connection, ...rest } = headers
    const shown = Object.entries(rest).filter(
      ([name]) => !/^(x-envoy|x-request-id|x-forwarded|te$|user-agent|content-length)/.test(name),
    )
    response.end(JSON.stringify([url, ...shown.sort()]))
  })
  const tls = {
    '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
    commonTlsContext: {
      tlsCertificates: [{ certificateChain: { inlineString: server.cert }, privateKey: { inlineString: server.key } }],
      validationContext: { trustedCa: { inlineString: authority.roots.join('') } },
    },
  }
  const bootstrap = (ports: readonly number[], admin: number): JsonValue => ({
    node: { id: 'judge', cluster: 'judge' },
    admin: { address: socketAddress(admin) },
    staticResources: {
      listeners: worlds.map((world, i) => ({
        name: String(i),
        address: socketAddress(ports[i] ?? 0),
        listenerFilters: [{ name: 'tls', typedConfig: { '@type': `${TYPE}.filters.listener.tls_inspector.v3.TlsInspector` } }],
        filterChains: [{ filters: filtersOf(world, ports[i] ?? 0), transportSocket: { name: 'tls', typedConfig: tls } }],
      })),
      clusters: [
        {
          name: 'backend',
          type: 'STATIC',
          loadAssignment: {
            clusterName: 'backend',
            endpoints: [{ lbEndpoints: [{ endpoint: { address: socketAddress(backend.port) } }] }],
          },
        },
      ],
    },
  })
  const running: Engine[] = []
  const agents = new Map<string, https.Agent>()
  try {
    for (const engine of engines) running.push(await startEngine(engine, worlds.length, bootstrap))
  } catch (error) {
    for (const engine of running) await engine[Symbol.asyncDispose]()
    await backend.stop()
    throw error
  }
  return {
    ask(name, index, asked) {
      const request = { ...USUAL, ...asked }
      const port = running.find(engine => engine.name === name)?.ports[index] ?? 0
      const options = {
        host: '127.0.0.1',
        port,
        servername: request.sni,
        localAddress: request.address,
        ca: [...authority.roots],
        checkServerIdentity: () => undefined,
        ...members.get(request.caller),
      }
      if (worlds[index]?.bytes) return sendBytes(options)
      const key = `${port} ${request.caller} ${request.sni} ${request.address}`
      const agent = agents.get(key) ?? new https.Agent({ keepAlive: true, maxSockets: 1 })
      agents.set(key, agent)
      return sendRequest({ ...options, agent }, request)
    },
    async counters(name, filter) {
      const { admin = 0 } = running.find(engine => engine.name === name) ?? {}
      const text = await (await fetch(`http://127.0.0.1:${admin}/stats`)).text()
      const lines = text.split('\n').map(line => line.split(': '))
      return Object.fromEntries(lines.flatMap(([key = '', value]) => (filter.test(key) ? [[key, Number(value)]] : [])))
    },
    async [Symbol.asyncDispose]() {
      for (const agent of agents.values()) agent.destroy()
      for (const engine of running) await engine[Symbol.asyncDispose]()
      await backend.stop()
    },
  }
}

function socketAddress(portValue: number): { readonly socketAddress: { readonly address: string; readonly portValue: number } } {
  return { socketAddress: { address: '127.0.0.1', portValue } }
}

function filtersOf(world: World, port: number): JsonValue[] {
  const { settings } = meshSettings({
    rootNamespace: 'istio-system',
    trustDomain: world.trustDomain ?? 'cluster.local',
    trustDomainAliases: [...(world.trustDomainAliases ?? [])],
  })
  const documents: unknown = JSON.parse(JSON.stringify(world.documents).replaceAll('"PORT"', `"${port}"`))
  const { mesh } = compile(rawObjects(Array.isArray(documents) ? documents : []), { settings })
  const security = securityOf(mesh, {
    id: '',
    name: '',
    addresses: [],
    network: '',
    node: '',
    serviceAccount: '',
    namedPorts: new Map<string, number>(),
    kind: 'sidecar',
    namespace: 'shop',
    labels: {},
    locality: { region: '', zone: '', subzone: '' },
    capture: { kind: 'redirect' },
    identity: true,
  })
  if (world.bytes) {
    const proxy = { '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`, statPrefix: 'bytes', cluster: 'backend' }
    return [...connectionFilters(security).map(filterJson), { name: 'tcp', typedConfig: proxy }]
  }
  const connection = { settings, security, direction: 'inbound', statPrefix: '', routes: '' } as const
  const tokens = tokenFilter(connection)
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'backend' } }]
  const manager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    statPrefix: 'requests',
    // As beside a server: the address of the client is what the last proxy says.
    useRemoteAddress: false,
    normalizePath: true,
    routeConfig: { name: 'all', virtualHosts: [{ name: 'all', domains: ['*'], routes }] },
    httpFilters: [
      ...(tokens ? [tokens] : []).map(filterJson),
      ...accessFilters(connection).map(filterJson),
      { name: 'router', typedConfig: { '@type': `${TYPE}.filters.http.router.v3.Router` } },
    ],
  }
  return [{ name: 'hcm', typedConfig: manager }]
}

interface SomeFilter {
  readonly name: string
  readonly configType: { readonly $case: string; readonly value: unknown } | undefined
}

function filterJson({ name, configType }: SomeFilter): JsonValue {
  const any = configType?.value
  if (typeof any !== 'object' || any === null || !('typeUrl' in any) || !('value' in any))
    throw new Error(`${name} has no configuration`)
  const [typeUrl, bytes] = [String(any.typeUrl), any.value]
  if (!(bytes instanceof Uint8Array)) throw new Error(`${name} has no bytes`)
  const json = bytesToJson(typeUrl.slice(typeUrl.lastIndexOf('/') + 1), bytes)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${name} is no message`)
  return { name, typedConfig: { '@type': typeUrl, ...json } }
}

function sendRequest(
  options: https.RequestOptions,
  request: Required<Pick<Request, 'method' | 'path' | 'host'>> & Request,
): Promise<Verdict> {
  const { method, path, host, headers = {} } = request
  return new Promise(resolve => {
    const sent = https.request({ ...options, method, path, headers: { host, ...headers } }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => {
        body += text
      })
      response.on('end', () => resolve(`${response.statusCode} ${body}`))
    })
    sent.on('error', error => resolve(`no answer: ${error.message}`))
    sent.end()
  })
}

/** The backend speaks HTTP, which is nobody's business on the way. */
function sendBytes(options: ConnectionOptions): Promise<Verdict> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect(options, () => socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'))
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text === '' ? 'closed' : 'served'))
  })
}
