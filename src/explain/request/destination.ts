/** From a URL, as an application would use it, to the connection that its proxy sees: what DNS answers, and how capture works there. */
import { isIP } from 'node:net'
import { hostsMatch } from '../../model/host.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { Protocol } from '../../model/protocol.ts'
import { gatewayListenPort, type MeshProxy } from '../../model/proxy.ts'
import { type Service, serviceKey } from '../../model/service.ts'
import type { Call } from './call.ts'
import { oneOf } from './words.ts'

export const DIRECTIONS = ['outbound', 'inbound', 'gateway'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** A request in the words of the one who makes it. */
export interface Question {
  /** http, https, grpc, ws, wss, tcp or tls */
  readonly url: string
  /** @default GET; POST for grpc */
  readonly method?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** @default the URL's host, for TLS */
  readonly sni?: string
  readonly tls?: 'plaintext' | 'tls' | 'mtls'
  readonly alpn?: readonly string[]
  /** @default gateway for gateways, else outbound */
  readonly direction?: Direction
}

export interface Asked {
  readonly call: Call
  /** What had to be assumed, a sentence each. */
  readonly notes: readonly string[]
}

type Scheme = Pick<Call, 'protocol' | 'tls'> & { readonly port: number | undefined; readonly upgrade?: string }

const SCHEMES: Readonly<Record<string, Scheme>> = {
  http: { protocol: 'http', tls: 'plaintext', port: 80 },
  https: { protocol: 'http', tls: 'tls', port: 443 },
  grpc: { protocol: 'http2', tls: 'plaintext', port: 80 },
  ws: { protocol: 'http', tls: 'plaintext', port: 80, upgrade: 'websocket' },
  wss: { protocol: 'http', tls: 'tls', port: 443, upgrade: 'websocket' },
  tcp: { protocol: 'tcp', tls: 'plaintext', port: undefined },
  tls: { protocol: 'tcp', tls: 'tls', port: 443 },
}

interface Target {
  readonly scheme: Scheme
  readonly name: string
  readonly authority: string
  readonly port: number
  readonly path: string
}

/** @throws on a URL that says too little */
export function callFor(mesh: Mesh, proxy: MeshProxy, question: Question): Asked {
  const target = readUrl(question.url)
  const direction = question.direction ?? (proxy.kind === 'gateway' ? 'gateway' : 'outbound')
  const request = requestOf(target, question)
  const notes: string[] = []
  if (direction === 'gateway') {
    const port = gatewayListenPort(mesh, proxy, target.port)
    const address = proxy.capture.kind === 'ports' ? '127.0.0.1' : (proxy.addresses[0] ?? '127.0.0.1')
    return { call: { ...request, mode: 'direct', address, port, source: CLIENT }, notes }
  }
  if (direction === 'inbound') {
    if (proxy.capture.kind === 'ports') {
      const port = proxy.capture.inbound.get(target.port)?.listen ?? target.port
      return { call: { ...request, mode: 'direct', address: '127.0.0.1', port, source: CLIENT }, notes }
    }
    return {
      call: { ...request, mode: 'inbound', address: proxy.addresses[0] ?? '127.0.0.1', port: target.port, source: CLIENT },
      notes,
    }
  }
  const source = proxy.addresses[0] ?? '127.0.0.1'
  const found = serviceNamed(mesh, proxy.namespace, target.name)
  if (proxy.capture.kind === 'ports') {
    const host = found?.hostname ?? target.name
    const forward = proxy.capture.forwards.find(each => each.host === host && each.port === target.port)
    const listen = forward?.listen ?? proxy.capture.httpProxy ?? target.port
    const tunnel = forward || (request.protocol === 'http' && request.tls === 'plaintext') ? {} : connectTo(target)
    return { call: { ...request, ...tunnel, mode: 'direct', address: '127.0.0.1', port: listen, source: '127.0.0.1' }, notes }
  }
  const address = addressOf(mesh, found, target)
  if (!found && isIP(target.name) === 0)
    notes.push(`nothing in the mesh is named ${target.name}: ${SOMEWHERE} stands for the address that DNS may give`)
  else if (address === SOMEWHERE) notes.push(`${target.name} has no address here: ${SOMEWHERE} stands for what DNS gives`)
  if (found && !found.ports.some(port => port.number === target.port)) {
    const ports = found.ports.map(port => String(port.number))
    const [first] = found.ports
    const advice = first ? `: try --to ${schemeOf(first.protocol)}://${target.name}:${first.number}` : ''
    notes.push(`${found.origin.object} has port ${oneOf(ports)}, not ${target.port}${advice}`)
  }
  return { call: { ...request, mode: 'outbound', address, port: target.port, source }, notes }
}

/** Clients outside the mesh (RFC 5737). */
const CLIENT = '203.0.113.7'
/** Where a name leads that only DNS knows (RFC 5737). */
const SOMEWHERE = '203.0.113.1'

function readUrl(text: string): Target {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^#]*)/i.exec(url)
  const scheme = SCHEMES[found?.[1]?.toLowerCase() ?? '']
  const authority = found?.[2] ?? ''
  const named = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(authority)
  const port = named?.[3] === undefined ? scheme?.port : Number(named[3])
  if (!found || !scheme || !named)
    throw new Error(
      `Cannot explain a call to "${text}": expected a URL such as http://catalog/products (${Object.keys(SCHEMES).join(', ')})`,
    )
  if (port === undefined || port < 1 || port > 65_535)
    throw new Error(
      `Cannot explain a call to "${text}": expected a port from 1 to 65535, as in ${found[1]}://${named[1] ?? named[2]}:9000`,
    )
  const path = found[3] || '/'
  return {
    scheme,
    name: (named[1] ?? named[2] ?? '').toLowerCase(),
    authority,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
  }
}

/** How a program would write the port's protocol in a URL. */
function schemeOf(protocol: Protocol): string {
  if (protocol === 'GRPC' || protocol === 'HTTP2') return 'grpc'
  if (protocol === 'HTTPS') return 'https'
  return protocol === 'HTTP' || protocol === 'auto' ? 'http' : protocol === 'TLS' ? 'tls' : 'tcp'
}

type Request = Omit<Call, 'mode' | 'address' | 'port'>

function requestOf({ scheme, name, authority, path }: Target, question: Question): Request {
  const tls = question.tls ?? scheme.tls
  const grpc = scheme.protocol === 'http2'
  const given = (question.headers ?? []).map(([header, value]) => [header.toLowerCase(), value] as const)
  const host = given.find(([header]) => header === 'host')?.[1]
  const headers = given.filter(([header]) => header !== 'host')
  if (grpc && !headers.some(([header]) => header === 'content-type')) headers.push(['content-type', 'application/grpc'])
  return {
    protocol: scheme.protocol,
    tls,
    sni: question.sni ?? (tls === 'plaintext' || isIP(name) !== 0 ? '' : name),
    alpn: question.alpn ?? alpnOf(tls, scheme.protocol),
    host: host ?? authority,
    path,
    method: question.method ?? (grpc ? 'POST' : 'GET'),
    headers,
    ...(scheme.upgrade && { upgrade: scheme.upgrade }),
  }
}

/** What clients of that kind offer: browsers and HTTP libraries, and sidecars of the mesh. */
function alpnOf(tls: Call['tls'], protocol: Call['protocol']): string[] {
  if (tls === 'plaintext') return []
  if (tls === 'mtls')
    return protocol === 'tcp' ? ['istio-peer-exchange', 'istio'] : [protocol === 'http2' ? 'istio-h2' : 'istio-http/1.1', 'istio']
  return protocol === 'tcp' ? [] : protocol === 'http2' ? ['h2'] : ['http/1.1']
}

/** Through HTTP_PROXY, what is not plain HTTP goes through a tunnel. */
function connectTo({ name, port }: Target): Partial<Request> {
  return { protocol: 'http', tls: 'plaintext', method: 'CONNECT', host: `${name}:${port}`, path: '', headers: [] }
}

/** As the namespace's resolver completes names. */
function serviceNamed({ services, settings }: Mesh, namespace: string, name: string): Service | undefined {
  const suffix = settings.domainSuffix
  const plain = name.replace(/\.$/, '')
  const names = [plain, `${plain}.${namespace}.svc.${suffix}`, `${plain}.svc.${suffix}`, `${plain}.${suffix}`]
  for (const each of names) {
    const found = services.find(service => service.hostname === each || service.aliases.some(alias => alias.hostname === each))
    if (found) return found
  }
  return services.find(service => service.hostname.startsWith('*') && hostsMatch(plain, service.hostname))
}

function addressOf({ endpoints }: Mesh, service: Service | undefined, { name, port }: Target): string {
  if (isIP(name) !== 0) return name
  const own = service?.addresses.find(address => isIP(address) !== 0)
  if (own !== undefined || !service) return own ?? SOMEWHERE
  const listed = service.headless ? (endpoints.get(serviceKey(service))?.get(port) ?? []) : []
  return listed.find(endpoint => isIP(endpoint.address) !== 0)?.address ?? SOMEWHERE
}
