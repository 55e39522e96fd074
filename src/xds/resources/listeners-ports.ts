/**
 * Outbound listeners of a sidecar without redirection: the application's HTTP proxy, and a port for each service that does not go through
 * it. They bind on the loopback address, as the application is the only one to use them.
 */
import { builtIn } from '../../model/origin.ts'
import { isHttp } from '../../model/protocol.ts'
import type { EgressScope } from '../../model/scope.ts'
import { portOf, type Service, type ServicePort } from '../../model/service.ts'
import type { Forward, PortCapture } from '../../model/workload.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { meetsGrpcWeb } from './grpc-web.ts'
import { httpManager } from './http-manager.ts'
import { listener, PLAINTEXT_HTTP, RAW } from './listener.ts'
import { dynamicDnsFamily } from './lookup-family.ts'
import { HTTP_PROXY_ROUTES, listenerName, serviceRoutes } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { sessionsOf } from './stateful-session.ts'
import { tcpChains } from './tcp-chains.ts'
import type { View } from './view.ts'

export const LOOPBACK = '127.0.0.1'

export function portListeners(view: View, capture: PortCapture): Listener[] {
  const forwards = capture.forwards.flatMap(forward => {
    const found = findPort(view, forward)
    return found ? [forwardListener(view, forward, found)] : []
  })
  return capture.httpProxy === undefined ? forwards : [httpProxyListener(view, capture.httpProxy), ...forwards]
}

function httpProxyListener(view: View, port: number): Listener {
  const name = listenerName(LOOPBACK, port)
  const manager = httpManager({
    settings: view.settings,
    direction: 'outbound',
    statPrefix: `outbound_${name};`,
    routes: HTTP_PROXY_ROUTES,
    dynamicDns: dynamicDnsFamily(view),
    sessions: sessionsOf(view.routes) !== undefined,
    grpcWeb: meetsGrpcWeb(view),
    connect: true,
  })
  const chain = FilterChain.fromPartial({ filters: [manager], metadata: originMetadata(builtIn('HTTP proxy of the workload')) })
  return bound(view, name, port, [chain])
}

interface Found {
  readonly egress: EgressScope
  readonly service: Service
  readonly port: ServicePort
}

/** The forwarded services that this workload's own scope knows; also used for the route tables. */
export function findPort(view: View, forward: Forward): Found | undefined {
  for (const egress of view.scope.egress) {
    const service = egress.services.find(entry => entry.hostname === forward.host)
    const port = service && portOf(service, forward.port)
    if (port) return { egress, service, port }
  }
  return undefined
}

function forwardListener(view: View, forward: Forward, { egress, service, port }: Found): Listener {
  const name = listenerName(LOOPBACK, forward.listen)
  const bytes = () => tcpChains(view, egress.routes, service, port, [], false)
  if (!isHttp(port.protocol) && port.protocol !== 'auto') return bound(view, name, forward.listen, bytes())
  const manager = httpManager({
    settings: view.settings,
    direction: 'outbound',
    statPrefix: `outbound_${name};`,
    routes: serviceRoutes(service.hostname, port.number),
    dynamicDns: dynamicDnsFamily(view),
    sessions: sessionsOf(view.routes) !== undefined,
    grpcWeb: port.protocol === 'GRPC-Web',
  })
  const http = FilterChain.fromPartial({
    filterChainMatch: port.protocol === 'auto' ? { transportProtocol: RAW, applicationProtocols: PLAINTEXT_HTTP } : undefined,
    filters: [manager],
    metadata: originMetadata(service.origin),
  })
  return bound(view, name, forward.listen, port.protocol === 'auto' ? [http, ...bytes()] : [http])
}

function bound(view: View, name: string, port: number, chains: readonly FilterChain[]): Listener {
  const detectionTimeoutMs = view.settings.protocolDetectionTimeoutMs
  return listener({ name, address: LOOPBACK, port, bind: true, direction: 'outbound', chains, detectionTimeoutMs })
}
