/** Protocols of ports: how one is chosen from a port's declaration, and what the data plane does for each. */

export const PROTOCOLS = [
  'HTTP',
  'HTTP2',
  'GRPC',
  'GRPC-Web',
  'HTTP_PROXY',
  'HTTPS',
  'TLS',
  'TCP',
  'Mongo',
  'Redis',
  'MySQL',
  'UDP',
] as const

/** "auto": nothing is declared, so each connection is looked at (HTTP/1, HTTP/2 or else TCP). */
export type Protocol = (typeof PROTOCOLS)[number] | 'auto'

const BY_NAME: ReadonlyMap<string, Protocol> = new Map(PROTOCOLS.map(protocol => [protocol.toLowerCase(), protocol]))

/** Protocols that wait for the server to speak would hang a proxy that waits for the client: these ports are never looked at. */
const SERVER_SPEAKS_FIRST = new Set([25, 53, 3306, 27017])

/** "http", "gRPC-Web" and so on in any case; what is unknown is "auto". */
export function parseProtocol(name: string): Protocol {
  return BY_NAME.get(name.toLowerCase()) ?? 'auto'
}

export interface PortDeclaration {
  readonly number: number
  readonly name: string
  /** TCP, UDP or SCTP; "" is TCP. */
  readonly transport: string
  /** Kubernetes' appProtocol; goes before the name even when it is unknown. */
  readonly appProtocol: string | undefined
}

/** The protocol of a Kubernetes service port (Istio, "explicit protocol selection"). */
export function portProtocol(port: PortDeclaration): Protocol {
  if (port.transport.toUpperCase() === 'UDP') return 'UDP'
  if (port.appProtocol === 'kubernetes.io/h2c') return 'HTTP2'
  if (port.appProtocol === 'kubernetes.io/ws') return 'HTTP'
  if (port.appProtocol === 'kubernetes.io/wss') return 'HTTPS'
  const protocol = protocolOfName(port.appProtocol ?? port.name)
  return protocol === 'auto' && SERVER_SPEAKS_FIRST.has(port.number) ? 'TCP' : protocol
}

/** "http-admin" is HTTP: the part before the first dash counts. */
function protocolOfName(name: string): Protocol {
  const lower = name.toLowerCase()
  if (lower === 'grpc-web' || lower.startsWith('grpc-web-')) return 'GRPC-Web'
  return parseProtocol(lower.split('-', 1)[0] ?? '')
}

const HTTP: ReadonlySet<Protocol> = new Set<Protocol>(['HTTP', 'HTTP2', 'GRPC', 'GRPC-Web', 'HTTP_PROXY'])
const HTTP2: ReadonlySet<Protocol> = new Set<Protocol>(['HTTP2', 'GRPC', 'GRPC-Web'])
const TLS: ReadonlySet<Protocol> = new Set<Protocol>(['HTTPS', 'TLS'])

export function isHttp(protocol: Protocol): boolean {
  return HTTP.has(protocol)
}

export function isHttp2(protocol: Protocol): boolean {
  return HTTP2.has(protocol)
}

/** TLS that the application speaks itself and the mesh passes on. */
export function isTls(protocol: Protocol): boolean {
  return TLS.has(protocol)
}

export function isHttpOrAuto(protocol: Protocol): boolean {
  return HTTP.has(protocol) || protocol === 'auto'
}

/** Bytes: TCP, TLS and the protocols that no filter understands here. */
export function isTcp(protocol: Protocol): boolean {
  return !HTTP.has(protocol) && protocol !== 'auto' && protocol !== 'UDP'
}
