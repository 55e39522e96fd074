/** VirtualGateways: the servers of a gateway and the routes behind them; for the way out also the services outside, and the way to the gateway. */

import type { GatewayListener } from '../../api/mizzen/virtualgateway/schema.ts'
import type { VirtualGateway } from '../../api/registry.ts'
import { type Gateway, type GatewayServer, PASSTHROUGH, type ServerTls } from '../../model/gateway.ts'
import { ANY_CLIENT, type HttpDestination, type HttpRule, NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import type { Protocol } from '../../model/protocol.ts'
import { MESH, type RouteSet } from '../../model/route-set.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { NO_POLICY, SIMPLE_TLS } from '../../model/traffic-policy.ts'
import { EVERYBODY } from '../../model/visibility.ts'
import { originOf } from '../origin.ts'
import { hostOf, layerRule } from './layer.ts'
import { requestMatch } from './match.ts'
import { type Parts, parts } from './parts.ts'
import { HTTP, retryPolicy } from './retry.ts'
import { compileRoute, defaultRule, type RouteDefaults } from './route.ts'

const DEFAULT_LISTENERS: readonly GatewayListener[] = [{ port: 80 }]
export const DEFAULT_EGRESS = 'istio-egressgateway.istio-system.svc.cluster.local'

export function compileVirtualGateway(object: VirtualGateway, settings: MeshSettings): Parts {
  return object.spec.direction === 'Egress' ? wayOut(object, settings) : wayIn(object, settings)
}

export function listenersOf({ listeners }: VirtualGateway['spec']): readonly GatewayListener[] {
  return listeners?.length ? listeners : DEFAULT_LISTENERS
}

export function protocolOf({ protocol, tls }: GatewayListener): 'HTTP' | 'HTTPS' | 'TLS' | 'TCP' {
  return protocol ?? (tls ? 'HTTPS' : 'HTTP')
}

function wayIn(object: VirtualGateway, settings: MeshSettings): Parts {
  const { spec, namespace } = object
  const destination: HttpDestination | undefined = spec.to && {
    host: hostOf(spec.to.host, namespace, settings),
    subset: '',
    port: spec.to.port,
    weight: 1,
    headers: NO_HEADER_CHANGES,
  }
  const protocols = listenersOf(spec).map(protocolOf)
  const http = protocols.some(protocol => protocol === 'HTTP' || protocol === 'HTTPS')
  const bytes = destination ? [{ ...destination, weight: 0 }] : []
  const origin = originOf(object, ['spec', 'to'])
  const hosts = hostsOf(object)
  const routes: RouteSet = {
    ...routeSet(object, [`${namespace}/${object.name}`]),
    http: http ? rules(object, destination, settings) : [],
    tls: protocols.includes('TLS')
      ? [{ matches: [{ subnets: [], client: ANY_CLIENT, serverNames: hosts }], destinations: bytes, origin }]
      : [],
    tcp: protocols.includes('TCP') ? [{ matches: [], destinations: bytes, origin }] : [],
  }
  const nothing = routes.http.length + routes.tls.length + routes.tcp.length === 0
  return parts({ gateways: [gateway(object, { istio: 'ingressgateway' })], routes: nothing ? [] : [routes] })
}

function rules(object: VirtualGateway, destination: HttpDestination | undefined, settings: MeshSettings): HttpRule[] {
  const defaults: RouteDefaults = { destination, timeoutMs: 0, retry: undefined, settings }
  const routes = (object.spec.routes ?? []).map((route, index) => {
    const retry = route.retry && retryPolicy(route.retry, HTTP)
    return compileRoute(object, route, (route.match ?? []).map(requestMatch), retry, defaults, ['spec', 'routes', index])
  })
  return routes.length === 0 && destination ? [defaultRule(object, defaults)] : routes
}

/** From the sidecars to the gateway, and from the gateway to the host outside. One pair for each host, so that each goes to itself. */
function wayOut(object: VirtualGateway, settings: MeshSettings): Parts {
  const { spec, namespace, name } = object
  const [listener = { port: 80 }] = listenersOf(spec)
  const passthrough = protocolOf(listener) === 'TLS'
  const originate = spec.egress?.originateTLS ?? false
  const through = hostOf(spec.egress?.through ?? DEFAULT_EGRESS, namespace, settings)
  const origin = originOf(object)
  const outside = originate ? 443 : listener.port
  const routes = hostsOf(object).flatMap((host): RouteSet[] => {
    const inside = { host: through, subset: '', port: listener.port, weight: passthrough ? 0 : 1, headers: NO_HEADER_CHANGES }
    const itself = { host, subset: '', port: outside, weight: passthrough ? 0 : 1, headers: NO_HEADER_CHANGES }
    const matches = [{ subnets: [], client: { ...ANY_CLIENT, port: listener.port }, serverNames: [host] }]
    const toGateway = { ...routeSet(object, [MESH]), hosts: [host] }
    const toHost = { ...routeSet(object, [`${namespace}/${name}`]), hosts: [host] }
    if (passthrough) {
      return [
        { ...toGateway, tls: [{ matches, destinations: [inside], origin }] },
        { ...toHost, tls: [{ matches, destinations: [itself], origin }] },
      ]
    }
    const defaults = { destination: inside, timeoutMs: 0, retry: undefined, settings }
    return [
      { ...toGateway, http: [defaultRule(object, defaults)] },
      { ...toHost, http: rules(object, itself, settings) },
    ]
  })
  const services = hostsOf(object).map(host => outsideService(object, host, listener, originate))
  return parts({
    services,
    routes,
    gateways: [gateway(object, { istio: 'egressgateway' })],
    trafficRules: originate
      ? hostsOf(object).map(host => {
          const policy = { ...NO_POLICY, tls: { ...SIMPLE_TLS, sni: host } }
          return layerRule(object, { host, port: 443 }, { aspect: 'tls' }, settings, { policy, path: ['spec', 'egress'] })
        })
      : [],
  })
}

function outsideService(object: VirtualGateway, host: string, listener: GatewayListener, originate: boolean): Service {
  const protocol: Protocol = protocolOf(listener) === 'TLS' ? 'TLS' : 'HTTP'
  const port = { name: protocol.toLowerCase(), number: listener.port, protocol, target: listener.port }
  const tlsPort = { name: 'tls-origination', number: 443, protocol: 'HTTP', target: 443 } as const
  return {
    hostname: host,
    namespace: object.namespace,
    name: object.name,
    ports: originate && listener.port !== 443 ? [port, tlsPort] : [port],
    addresses: [],
    resolution: 'dns',
    headless: false,
    external: true,
    platform: false,
    selector: undefined,
    exportTo: EVERYBODY,
    aliases: [],
    subjectAltNames: [],
    mapsGatewayPorts: true,
    trafficDistribution: undefined,
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function routeSet(object: VirtualGateway, attachments: readonly string[]): RouteSet {
  const { name, namespace } = object
  const rest = { exportTo: EVERYBODY, created: object.creationTimestamp ?? '', origin: originOf(object) }
  return { name, namespace, hosts: hostsOf(object), attachments, http: [], tls: [], tcp: [], ...rest }
}

function hostsOf({ spec }: VirtualGateway): string[] {
  return spec.hosts.map(host => host.toLowerCase())
}

function gateway(object: VirtualGateway, selector: Readonly<Record<string, string>>): Gateway {
  const { spec, namespace, name } = object
  return {
    name,
    namespace,
    selector: spec.selector ?? selector,
    servers: listenersOf(spec).map((listener, index) => server(object, listener, index)),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function server(object: VirtualGateway, listener: GatewayListener, index: number): GatewayServer {
  const protocol = protocolOf(listener)
  return {
    port: listener.port,
    portName: `${protocol.toLowerCase()}-${listener.port}`,
    protocol,
    bind: '',
    hosts: hostsOf(object).map(host => ({ namespace: '*', host })),
    tls: serverTls(listener, protocol),
    name: '',
    origin: originOf(object, object.spec.listeners ? ['spec', 'listeners', index] : ['spec']),
  }
}

function serverTls({ tls, redirectToHTTPS }: GatewayListener, protocol: string): ServerTls | undefined {
  if (protocol === 'TLS') return PASSTHROUGH
  if (redirectToHTTPS) return { ...PASSTHROUGH, httpsRedirect: true }
  if (!tls?.certificate) return undefined
  const mode = tls.clientCertificates ? 'mutual' : 'simple'
  return { ...PASSTHROUGH, mode, credentials: [tls.certificate], minVersion: tls.minVersion ?? '' }
}
