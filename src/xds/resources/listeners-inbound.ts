/** Inbound listeners of a sidecar: one that redirection leads all connections to, or one for each port. */
import { builtIn } from '../../model/origin.ts'
import { isHttp } from '../../model/protocol.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { FilterChain, type ListenerFilter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { httpManager } from './http-manager.ts'
import { inboundChains } from './inbound-chains.ts'
import type { InboundPort } from './inbound-port.ts'
import { passthroughRoutes } from './inbound-routes.ts'
import { exceptOnPorts, HTTP_INSPECTOR, listener, ORIGINAL_DESTINATION, PLAINTEXT_HTTP, RAW, TLS_INSPECTOR } from './listener.ts'
import { BLACK_HOLE, INBOUND_CAPTURE_PORT, INBOUND_PASSTHROUGH, listenerName } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { tcpTo } from './tcp-proxy.ts'

export function inboundListeners(settings: MeshSettings, proxy: MeshProxy, ports: readonly InboundPort[]): Listener[] {
  const own = ports.filter(port => port.listen)
  const bound = own.flatMap(port => (port.listen ? [boundListener(settings, port, port.listen)] : []))
  if (proxy.capture.kind === 'ports') return bound
  return [
    virtualInbound(
      settings,
      ports.filter(port => !port.listen),
    ),
    ...bound,
  ]
}

function boundListener(settings: MeshSettings, inbound: InboundPort, at: NonNullable<InboundPort['listen']>): Listener {
  return listener({
    name: listenerName(at.address, at.port),
    address: at.address,
    port: at.port,
    bind: true,
    direction: 'inbound',
    chains: inboundChains(settings, inbound, false),
    detectionTimeoutMs: settings.protocolDetectionTimeoutMs,
    options: { metadata: originMetadata(inbound.origin) },
  })
}

function virtualInbound(settings: MeshSettings, ports: readonly InboundPort[]): Listener {
  const loop = FilterChain.fromPartial({
    name: 'virtualInbound-blackhole', // a connection to the listener's own port would come back to it for ever
    filterChainMatch: { destinationPort: INBOUND_CAPTURE_PORT },
    filters: [tcpTo(settings, BLACK_HOLE)],
  })
  return listener({
    name: 'virtualInbound',
    address: '0.0.0.0',
    port: INBOUND_CAPTURE_PORT,
    bind: true,
    direction: 'inbound',
    chains: [loop, ...passthroughChains(settings), ...ports.flatMap(port => inboundChains(settings, port, true))],
    inspectors: inspectors(ports),
    detectionTimeoutMs: settings.protocolDetectionTimeoutMs,
  })
}

/** Nothing is waited for where the port's protocol is declared: the server may be the first to speak. */
function inspectors(ports: readonly InboundPort[]): ListenerFilter[] {
  const declared = ports.filter(port => port.protocol !== 'auto')
  const bytes = declared.filter(port => !isHttp(port.protocol))
  return [
    ORIGINAL_DESTINATION,
    exceptOnPorts(
      TLS_INSPECTOR,
      bytes.map(port => port.target),
    ),
    exceptOnPorts(
      HTTP_INSPECTOR,
      declared.map(port => port.target),
    ),
  ]
}

/** Ports that no service names: on to the application as they came. */
function passthroughChains(settings: MeshSettings): FilterChain[] {
  const origin = builtIn('inbound traffic to a port without a service')
  const manager = httpManager({
    settings,
    direction: 'inbound',
    statPrefix: 'inbound_0.0.0.0_0;',
    routes: passthroughRoutes(origin),
  })
  return [
    FilterChain.fromPartial({
      name: 'virtualInbound-catchall-http',
      filterChainMatch: { transportProtocol: RAW, applicationProtocols: PLAINTEXT_HTTP },
      filters: [manager],
      metadata: originMetadata(origin),
    }),
    ...[RAW, 'tls'].map(transportProtocol =>
      FilterChain.fromPartial({
        name: 'virtualInbound',
        filterChainMatch: { transportProtocol },
        filters: [tcpTo(settings, INBOUND_PASSTHROUGH)],
        metadata: originMetadata(origin),
      }),
    ),
  ]
}
