/**
 * Outbound listeners of a sidecar that all connections of its application are redirected to. The virtual listener accepts them and hands
 * each to the listener of its original destination: services with an address of their own have one on it, HTTP services of one port
 * share one and are told apart by host.
 */
import { compareText } from '../../model/age.ts'
import { builtIn } from '../../model/origin.ts'
import { isHttp, isTls } from '../../model/protocol.ts'
import type { EgressScope } from '../../model/scope.ts'
import { portOf, type Service, type ServiceEndpoints, type ServicePort, serviceKey } from '../../model/service.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import type { MeshEndpoints } from './endpoints.ts'
import { meetsGrpcWeb } from './grpc-web.ts'
import { httpManager } from './http-manager.ts'
import { listener, PLAINTEXT_HTTP, RAW } from './listener.ts'
import { dynamicDnsFamily } from './lookup-family.ts'
import { BLACK_HOLE, listenerName, OUTBOUND_CAPTURE_PORT, PASSTHROUGH, RESERVED_PORTS, serviceRoutes } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { ownAddress } from './service-listener.ts'
import { sessionsOf } from './stateful-session.ts'
import { tcpChains } from './tcp-chains.ts'
import { tcpTo } from './tcp-proxy.ts'
import type { View } from './view.ts'

const ANY = '0.0.0.0'

/** A listener in the making. The first chain for HTTP wins. */
interface Draft {
  readonly address: string
  readonly port: number
  readonly bind: boolean
  http: FilterChain | undefined
  readonly bytes: FilterChain[]
}

export function redirectListeners(view: View, endpoints: MeshEndpoints): Listener[] {
  const drafts = new Drafts()
  for (const egress of view.scope.egress) {
    if (egress.config?.port) addConfigured(view, egress, drafts)
    else
      for (const service of egress.services)
        for (const port of service.ports)
          addPort({ view, egress, service, port, endpoints: endpoints.get(serviceKey(service)) }, drafts)
  }
  return [virtualOutbound(view), ...drafts.all().map(draft => finish(view, draft))]
}

class Drafts {
  readonly #drafts = new Map<string, Draft>()

  at(address: string, port: number, bind = false): Draft {
    const name = listenerName(address, port)
    const known = this.#drafts.get(name)
    if (known) return known
    const draft = { address, port, bind, http: undefined, bytes: [] }
    this.#drafts.set(name, draft)
    return draft
  }

  all(): Draft[] {
    return [...this.#drafts].sort(([a], [b]) => compareText(a, b)).map(([, draft]) => draft)
  }
}

/** A service port to listen for. */
interface Wanted {
  readonly view: View
  readonly egress: EgressScope
  readonly service: Service
  readonly port: ServicePort
  readonly endpoints: ServiceEndpoints | undefined
}

function addPort(wanted: Wanted, drafts: Drafts): void {
  const { view, service, port } = wanted
  if (port.protocol === 'UDP' || RESERVED_PORTS.has(port.number)) return
  if (isHttp(port.protocol)) {
    const draft = drafts.at(ANY, port.number)
    draft.http ??= sharedHttp(view, service, port.number)
    return
  }
  const address = ownAddress(service)
  if (address) addOnAddress(wanted, drafts.at(address, port.number))
  else if (service.headless && !isTls(port.protocol)) addOnEndpoints(wanted, drafts)
  else addOnAny(wanted, drafts.at(ANY, port.number))
}

function addOnAddress({ view, egress, service, port }: Wanted, draft: Draft): void {
  if (port.protocol === 'auto') draft.http ??= ownHttp(view, service, port.number, draft)
  draft.bytes.push(...tcpChains(view, egress.routes, service, port, [], false))
}

/** Clients of a headless service dial its endpoints. */
function addOnEndpoints(wanted: Wanted, drafts: Drafts): void {
  const { port, endpoints } = wanted
  for (const { address } of endpoints?.get(port.number) ?? []) addOnAddress(wanted, drafts.at(address, port.number))
}

function addOnAny({ view, egress, service, port }: Wanted, draft: Draft): void {
  if (port.protocol === 'auto') draft.http ??= sharedHttp(view, service, port.number)
  draft.bytes.push(...tcpChains(view, egress.routes, service, port, service.addresses, true))
}

/** A listener that a Sidecar asks for by port. */
function addConfigured(view: View, egress: EgressScope, drafts: Drafts): void {
  const { config } = egress
  if (!config?.port) return
  const { number, protocol } = config.port
  const draft = drafts.at(config.bind || (config.capture === 'none' ? '127.0.0.1' : ANY), number, config.capture === 'none')
  if (isHttp(protocol) || protocol === 'auto') {
    draft.http ??= httpChain(view, egress.services[0], String(number), draft, draft.address === ANY || protocol === 'auto')
  }
  if (isHttp(protocol)) return
  for (const service of egress.services) {
    const port = portOf(service, number)
    if (port) draft.bytes.push(...tcpChains(view, egress.routes, service, port, service.addresses, true))
  }
}

function sharedHttp(view: View, service: Service, port: number): FilterChain {
  return httpChain(view, service, String(port), { address: ANY, port }, true)
}

function ownHttp(view: View, service: Service, port: number, at: Pick<Draft, 'address' | 'port'>): FilterChain {
  return httpChain(view, service, serviceRoutes(service.hostname, port), at, true)
}

/** @param sniffed other connections may come here too, so only what looks like HTTP is meant */
function httpChain(
  view: View,
  service: Service | undefined,
  routes: string,
  at: Pick<Draft, 'address' | 'port'>,
  sniffed: boolean,
): FilterChain {
  const name = listenerName(at.address, at.port)
  const manager = httpManager({
    settings: view.settings,
    direction: 'outbound',
    statPrefix: `outbound_${name};`,
    routes,
    dynamicDns: dynamicDnsFamily(view),
    sessions: sessionsOf(view.routes) !== undefined,
    grpcWeb: meetsGrpcWeb(view, at.port),
  })
  return FilterChain.fromPartial({
    name,
    filterChainMatch: sniffed ? { transportProtocol: RAW, applicationProtocols: PLAINTEXT_HTTP } : undefined,
    filters: [manager],
    metadata: originMetadata(service?.origin ?? builtIn('Sidecar egress listener')),
  })
}

function finish(view: View, draft: Draft): Listener {
  const chains = [...(draft.http ? [draft.http] : []), ...draft.bytes]
  const complete = chains.some(chain => chain.filterChainMatch === undefined)
  return listener({
    name: listenerName(draft.address, draft.port),
    address: draft.address,
    port: draft.port,
    bind: draft.bind,
    direction: 'outbound',
    chains,
    fallback: complete ? undefined : unknownTraffic(view, 'PassthroughFilterChain'),
    detectionTimeoutMs: view.settings.protocolDetectionTimeoutMs,
  })
}

function virtualOutbound(view: View): Listener {
  const loop = FilterChain.fromPartial({
    name: 'virtualOutbound-blackhole', // a connection to the listener's own port would come back to it for ever
    filterChainMatch: { destinationPort: OUTBOUND_CAPTURE_PORT },
    filters: [tcpTo(view.settings, BLACK_HOLE)],
  })
  return listener({
    name: 'virtualOutbound',
    address: ANY,
    port: OUTBOUND_CAPTURE_PORT,
    bind: true,
    direction: 'outbound',
    chains: [loop, unknownTraffic(view, 'virtualOutbound-catchall-tcp')],
    inspectors: [],
    detectionTimeoutMs: 0,
    options: { useOriginalDst: true },
  })
}

/** Where connections to unknown destinations go. */
function unknownTraffic(view: View, name: string): FilterChain {
  const refused = view.scope.outboundPolicy === 'registry-only'
  return FilterChain.fromPartial({
    name,
    filters: [tcpTo(view.settings, refused ? BLACK_HOLE : PASSTHROUGH)],
    metadata: originMetadata(builtIn(`outboundTrafficPolicy ${refused ? 'REGISTRY_ONLY' : 'ALLOW_ANY'}`)),
  })
}
