/** Inbound listeners of a sidecar: one that redirection leads all connections to, or one for each port. */
import { builtIn } from '../../model/origin.ts'
import { isHttp } from '../../model/protocol.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { FilterChain, type ListenerFilter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { inboundChains, modeOf, passthroughChains } from './inbound-chains.ts'
import type { InboundPort } from './inbound-port.ts'
import { exceptOnPorts, HTTP_INSPECTOR, listener, ORIGINAL_DESTINATION, TLS_INSPECTOR } from './listener.ts'
import { BLACK_HOLE, INBOUND_CAPTURE_PORT, listenerName } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import type { Security } from './security.ts'
import { tcpTo } from './tcp-proxy.ts'

export function inboundListeners(security: Security, proxy: MeshProxy, ports: readonly InboundPort[]): Listener[] {
  const own = ports.filter(port => port.listen)
  const bound = own.flatMap(port => (port.listen ? [boundListener(security, port, port.listen)] : []))
  if (proxy.capture.kind === 'ports') return bound
  return [
    virtualInbound(
      security,
      ports.filter(port => !port.listen),
    ),
    ...bound,
  ]
}

function boundListener(security: Security, inbound: InboundPort, at: NonNullable<InboundPort['listen']>): Listener {
  return listener({
    name: listenerName(at.address, at.port),
    address: at.address,
    port: at.port,
    bind: true,
    direction: 'inbound',
    chains: inboundChains(security, inbound, false),
    detectionTimeoutMs: security.settings.protocolDetectionTimeoutMs,
    options: { metadata: originMetadata(inbound.origin) },
  })
}

function virtualInbound(security: Security, ports: readonly InboundPort[]): Listener {
  const loop = FilterChain.fromPartial({
    name: 'virtualInbound-blackhole', // a connection to the listener's own port would come back to it for ever
    filterChainMatch: { destinationPort: INBOUND_CAPTURE_PORT },
    filters: [tcpTo(security.settings, BLACK_HOLE, undefined, 'server')],
  })
  return listener({
    name: 'virtualInbound',
    address: '0.0.0.0',
    port: INBOUND_CAPTURE_PORT,
    bind: true,
    direction: 'inbound',
    chains: [
      loop,
      ...passthroughChains(security, WITHOUT_SERVICE),
      ...portsOfTheirOwn(security, ports).flatMap(port => passthroughChains(security, WITHOUT_SERVICE, port)),
      ...ports.flatMap(port => inboundChains(security, port, true)),
    ],
    inspectors: inspectors(security, ports),
    detectionTimeoutMs: security.settings.protocolDetectionTimeoutMs,
  })
}

/** Nothing is waited for where the port's protocol is declared and mutual TLS is out of the question: the server may be the first to speak. */
function inspectors(security: Security, ports: readonly InboundPort[]): ListenerFilter[] {
  const declared = ports.filter(port => port.protocol !== 'auto')
  const bytes = declared.filter(port => !isHttp(port.protocol) && (modeOf(security, port.target) ?? 'disable') === 'disable')
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

const WITHOUT_SERVICE = builtIn('inbound traffic to a port without a service')

/** Ports that no service names and that have a mode of their own. */
function portsOfTheirOwn({ peers }: Security, ports: readonly InboundPort[]): number[] {
  return [...(peers?.ports.keys() ?? [])].filter(number => !ports.some(port => port.target === number)).sort((a, b) => a - b)
}
