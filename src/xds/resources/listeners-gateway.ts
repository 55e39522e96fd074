/** Listeners of gateway proxies, one for each port that a Gateway names. */

import { BUILT_IN } from '../../model/gateway.ts'
import type { GatewayPort, PlacedServer } from '../../model/gateway-ports.ts'
import { hostsForNamespace, intersectHosts } from '../../model/host.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { type Filter, FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { downstreamTls } from './downstream-tls.ts'
import type { Encoder } from './encoded.ts'
import { attachedRoutes, gatewayName, gatewayTable } from './gateway-routes.ts'
import { httpManager } from './http-manager.ts'
import { listener, TLS_INSPECTOR } from './listener.ts'
import { dynamicDnsFamily } from './lookup-family.ts'
import { inboundMeshTls } from './mesh-tls.ts'
import { gatewayHttpRoutes, gatewayHttpsRoutes, listenerName } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import type { Security } from './security.ts'
import { sniPassthroughChains } from './sni-passthrough.ts'
import { sessionsOf } from './stateful-session.ts'
import { tcpRuleChains, tlsRuleChains } from './tcp-chains.ts'
import { duration } from './values.ts'
import type { View } from './view.ts'

/** How long a client may take for its TLS handshake. */
const HANDSHAKE_MS = 15_000

/** Without redirection a gateway is somebody's own machine: it is not shown to the network unless somebody says so. */
function bindAddress(proxy: MeshProxy, port: GatewayPort): string {
  return port.bind || (proxy.capture.kind === 'ports' ? (proxy.capture.address ?? '127.0.0.1') : '0.0.0.0')
}

/** Ports without anything to do there have no listener. */
export function gatewayListeners(view: View, proxy: MeshProxy, ports: readonly GatewayPort[], security: Security): Listener[] {
  return ports.flatMap(port => {
    const address = bindAddress(proxy, port)
    const chains =
      port.kind === 'http'
        ? [httpChain(view, address, port, security)]
        : port.servers.flatMap(server => serverChains(view, address, port, server, security))
    const [first] = port.servers
    if (chains.length === 0 || !first) return []
    return [
      listener({
        name: listenerName(address, port.listen),
        address,
        port: port.listen,
        bind: true,
        direction: 'outbound',
        chains,
        ...(port.kind === 'tls' ? { inspectors: [TLS_INSPECTOR] } : {}),
        proxyProtocol: view.settings.proxyDefaults.proxyProtocol,
        detectionTimeoutMs: view.settings.protocolDetectionTimeoutMs,
        options: { metadata: originMetadata(first.server.origin) },
      }),
    ]
  })
}

export function gatewayTables(view: View, encoder: Encoder, ports: readonly GatewayPort[]): EncodedResource[] {
  return ports.flatMap(port => {
    if (port.kind === 'http')
      return [gatewayTable(view, encoder, gatewayHttpRoutes(port.listen, port.bind), port.listen, port.servers)]
    return port.servers
      .filter(endsHttps)
      .map(server => gatewayTable(view, encoder, httpsTable(port, server), server.server.port, [server]))
  })
}

function httpChain(view: View, address: string, port: GatewayPort, security: Security): FilterChain {
  const filters = [manager(view, address, port, gatewayHttpRoutes(port.listen, port.bind), security)]
  const [first] = port.servers
  return FilterChain.fromPartial({ filters, metadata: first && originMetadata(first.server.origin) })
}

function manager(view: View, address: string, port: GatewayPort, routes: string, security: Security): Filter {
  return httpManager({
    settings: view.settings,
    security,
    port: { target: port.servers[0]?.server.port ?? port.listen, listens: port.listen },
    direction: 'gateway',
    statPrefix: `outbound_${listenerName(address, port.listen)};`,
    routes,
    dynamicDns: dynamicDnsFamily(view),
    sessions: sessionsOf(view.routes) !== undefined,
    grpcWeb: port.servers.some(({ server }) => server.protocol === 'GRPC-Web'),
    rateLimits: port.rateLimits,
  })
}

function serverChains(view: View, address: string, port: GatewayPort, placed: PlacedServer, security: Security): FilterChain[] {
  const { server } = placed
  if (port.kind === 'tcp') return bytesChains(view, placed)
  const { tls } = server
  if (!tls || tls.mode === 'passthrough') return passthroughChains(view, placed)
  if (tls.mode === 'auto-passthrough') return sniPassthroughChains(view)
  const transportSocket = terminationOf(view, placed)
  if (!transportSocket) return []
  const chains = endsHttps(placed)
    ? [FilterChain.fromPartial({ filters: [manager(view, address, port, httpsTable(port, placed), security)] })]
    : bytesChains(view, placed)
  return chains.map(chain => ({
    ...chain,
    filterChainMatch: serverNames(placed),
    transportSocket,
    transportSocketConnectTimeout: duration(HANDSHAKE_MS),
    metadata: chain.metadata ?? originMetadata(server.origin),
  }))
}

/** undefined: TLS does not end here, or the mesh's own certificates are asked for and the proxy has none. */
function terminationOf(view: View, placed: PlacedServer): TransportSocket | undefined {
  const { tls } = placed.server
  const http = endsHttps(placed)
  if (!view.identity && (tls?.mode === 'mesh' || tls?.credentials.includes(BUILT_IN))) return undefined
  if (tls?.mode === 'mesh') return inboundMeshTls(view.settings, http)
  return tls && downstreamTls(tls, view.settings, http)
}

/** Whether the server ends TLS and speaks HTTP inside. */
function endsHttps({ server: { protocol, tls } }: PlacedServer): boolean {
  return protocol === 'HTTPS' && tls !== undefined && tls.mode !== 'passthrough' && tls.mode !== 'auto-passthrough'
}

/** Whether the gateway passes on mutual TLS by server name. */
export function passesByServerName(ports: readonly GatewayPort[]): boolean {
  return ports.some(port => port.servers.some(({ server }) => server.tls?.mode === 'auto-passthrough'))
}

function httpsTable(port: GatewayPort, { gateway, server }: PlacedServer): string {
  return gatewayHttpsRoutes(port.listen, server.portName, gateway.name, gateway.namespace, port.bind)
}

function serverNames({ hosts }: PlacedServer): FilterChain['filterChainMatch'] {
  const names = hosts.map(({ host }) => host)
  if (names.includes('*')) return undefined
  return FilterChain.fromPartial({ filterChainMatch: { serverNames: names } }).filterChainMatch
}

/** The connection's bytes by the first rules for TCP that are attached. */
function bytesChains(view: View, placed: PlacedServer): FilterChain[] {
  for (const set of attachedRoutes(view, placed)) {
    if (intersectHosts(set.hosts, hostsForNamespace(placed.hosts, set.namespace)).length === 0) continue
    const chains = tcpRuleChains(view, set, { attachment: gatewayName(placed), port: placed.server.port })
    if (chains.length > 0) return chains
  }
  return []
}

/** TLS that is not ended here goes by server name. */
function passthroughChains(view: View, placed: PlacedServer): FilterChain[] {
  const place = { attachment: gatewayName(placed), port: placed.server.port }
  return attachedRoutes(view, placed).flatMap(set => {
    const hosts = hostsForNamespace(placed.hosts, set.namespace)
    if (intersectHosts(set.hosts, hosts).length === 0) return []
    return tlsRuleChains(view, set, place, names => intersectHosts(names, hosts))
  })
}
