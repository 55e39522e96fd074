/** What a gateway proxy listens on: the servers of all gateways that select it, brought together by port. */
import { type Gateway, type GatewayServer, isServedBy } from './gateway.ts'
import type { ScopedHost } from './host.ts'
import type { Mesh } from './mesh.ts'
import { isHttp, isTls } from './protocol.ts'
import { gatewayListenPort, type MeshProxy } from './proxy.ts'
import { limitsFor, type RateLimit } from './rate-limit.ts'

export interface PlacedServer {
  readonly gateway: Gateway
  readonly server: GatewayServer
  /** Those of the server's hosts that no older gateway has on this port. */
  readonly hosts: readonly ScopedHost[]
}

export interface GatewayPort {
  /** "": all addresses. */
  readonly bind: string
  readonly listen: number
  /** http: plaintext, told apart by host. tls: by server name. tcp: not at all. */
  readonly kind: 'http' | 'tls' | 'tcp'
  readonly servers: readonly PlacedServer[]
  readonly rateLimits: readonly RateLimit[]
}

export function gatewaysOf(mesh: Mesh, proxy: MeshProxy): readonly Gateway[] {
  return mesh.gateways.filter(gateway => isServedBy(gateway, proxy))
}

/** By port and address. The oldest gateway says what a port speaks; servers that speak something else are left out. */
export function gatewayPorts(mesh: Mesh, proxy: MeshProxy): GatewayPort[] {
  const ports = new Map<string, GatewayPort & { servers: PlacedServer[]; names: Set<string> }>()
  for (const gateway of gatewaysOf(mesh, proxy)) {
    for (const server of gateway.servers) {
      const kind = isHttp(server.protocol) ? 'http' : isTls(server.protocol) ? 'tls' : 'tcp'
      const listen = gatewayListenPort(mesh, proxy, server.port)
      const key = `${server.bind} ${listen}`
      const port = ports.get(key) ?? {
        bind: server.bind,
        listen,
        kind,
        servers: [],
        rateLimits: limitsOf(mesh, proxy, server.port),
        names: new Set(),
      }
      if (port.kind !== kind || (kind === 'tcp' && port.servers.length > 0)) continue
      const hosts = kind === 'tls' ? server.hosts.filter(({ host }) => !port.names.has(host)) : server.hosts
      for (const { host } of hosts) port.names.add(host)
      if (hosts.length > 0) port.servers.push({ gateway, server, hosts })
      ports.set(key, port)
    }
  }
  return [...ports.values()].sort((a, b) => a.listen - b.listen || (a.bind < b.bind ? -1 : 1))
}

/** A gateway is limited by its labels, and by the port that its server names. */
function limitsOf({ rateLimits, settings }: Mesh, { namespace, labels }: MeshProxy, port: number): readonly RateLimit[] {
  return limitsFor(rateLimits, settings.rootNamespace, { namespace, labels, services: [], port })
}
