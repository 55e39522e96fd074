/**
 * The route table of a sidecar that is its application's HTTP proxy: hosts of all services and ports together, told apart by authority. A
 * name without a port means port 80, as the scheme says. CONNECT opens a tunnel: to a service of plain HTTP it leads back into this
 * proxy's own listener, so that requests inside it meet the same rules as those outside (Node's `fetch` and grpc-js always tunnel); to all
 * others it is a TCP connection.
 */
import { remembering } from '../../lib/identity-memo.ts'
import { builtIn } from '../../model/origin.ts'
import { isHttp, isHttpOrAuto, isTls } from '../../model/protocol.ts'
import type { RouteSet } from '../../model/route-set.ts'
import type { Service, ServicePort } from '../../model/service.ts'
import { Route, type RouteAction, RouteMatch } from '../gen/envoy/config/route/v3/route_components.ts'
import { FractionalPercent_DenominatorType } from '../gen/envoy/type/v3/percent.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Encoder } from './encoded.ts'
import { DomainClaims, serviceDomains, withPort } from './host-domains.ts'
import { timeouts } from './http-route.ts'
import { DYNAMIC_DNS, forwardTunnel, HTTP_PROXY_ROUTES, HTTP_PROXY_TUNNEL, outboundCluster, serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { routeIndex } from './outbound-tables.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { BLOCK_ALL } from './routes-sidecar.ts'
import { ruleHost, serviceHost } from './service-hosts.ts'
import { forwardKey, type View } from './view.ts'
import { type EncodedHost, encodeHost, type HostInputs, rememberedHost, routeTable } from './virtual-host.ts'

export function httpProxyRoutes(view: View, encoder: Encoder): EncodedResource {
  const claims = new DomainClaims()
  const hosts = view.scope.egress.flatMap(egress => [
    ...egress.services.flatMap(service =>
      service.ports.flatMap(port => {
        const domains = claims.claim(withPort(serviceDomains(view, service), port.number))
        if (domains.length === 0 || port.protocol === 'UDP') return []
        return [portHost(view, service, port, domains, egress.routes)]
      }),
    ),
    ...egress.routes.flatMap(set =>
      set.hosts.flatMap(host => {
        if (view.scope.byHost.has(host) || set.http.length === 0) return []
        const domains = claims.claim(withPort([host], 80))
        const before = () => [connectRoute(view, HTTP_PROXY_TUNNEL, set.origin)]
        const encoded = domains.length > 0 && ruleHost({ view, set, domains, port: 80, variant: 'tunnel', before }, host)
        return encoded ? [encoded] : []
      }),
    ),
  ])
  return routeTable(encoder, HTTP_PROXY_ROUTES, [...hosts, catchAll(view)])
}

function portHost(
  view: View,
  service: Service,
  port: ServicePort,
  domains: readonly string[],
  routes: readonly RouteSet[],
): EncodedHost {
  const target = tunnelTarget(view, service, port)
  const before = () => [connectRoute(view, target, service.origin)]
  const set = isHttpOrAuto(port.protocol) ? routeIndex(routes).find(service.hostname) : undefined
  const inputs = { view, service, set, domains, port: port.number, variant: `tunnel to ${target}` }
  return isTls(port.protocol) ? tunnelHost(inputs, before) : serviceHost({ ...inputs, before })
}

/** Where the protocol is not declared, the forwarding listener looks at each connection, as it does without a tunnel. */
function tunnelTarget(view: View, { hostname }: Service, { number, protocol }: ServicePort): string {
  if (isHttp(protocol)) return HTTP_PROXY_TUNNEL
  if (protocol === 'auto' && view.forwarded.has(forwardKey({ host: hostname, port: number })))
    return forwardTunnel(hostname, number)
  return outboundCluster(number, '', hostname)
}

/** A port that can be reached in no other way. */
function tunnelHost(inputs: HostInputs & { readonly service: Service }, routes: () => Route[]): EncodedHost {
  const { service, port, domains } = inputs
  const make = () =>
    encodeHost({
      name: serviceRoutes(service.hostname, port),
      domains: [...domains],
      routes: routes(),
      metadata: originWithLine(service.origin),
    })
  return rememberedHost({ ...inputs, variant: `${inputs.variant}, nothing else` }, make) ?? make()
}

const EVERY_CONNECT = RouteMatch.fromPartial({ pathSpecifier: { $case: 'connectMatcher', value: {} } })

const TUNNEL: Pick<RouteAction, 'upgradeConfigs'> = {
  upgradeConfigs: [
    { upgradeType: 'CONNECT', enabled: undefined, connectConfig: { proxyProtocolConfig: undefined, allowPost: false } },
  ],
}

function connectRoute(view: View, cluster: string, origin: Service['origin']): Route {
  return Route.fromPartial({
    name: 'connect',
    match: EVERY_CONNECT,
    metadata: originWithLine(origin),
    // The requests inside are what is worth a span.
    tracing: { overallSampling: { numerator: 0, denominator: FractionalPercent_DenominatorType.HUNDRED } },
    action: {
      $case: 'route',
      value: { clusterSpecifier: { $case: 'cluster', value: cluster }, ...timeouts(view, 0), ...TUNNEL },
    },
  })
}

/** Hosts outside the mesh: resolved when asked for, or refused. */
function catchAll(view: View): EncodedHost {
  return view.scope.outboundPolicy === 'registry-only' ? BLOCK_ALL : allowAny(view)
}

const allowAny = remembering((view: View): EncodedHost => {
  const origin = builtIn('outboundTrafficPolicy ALLOW_ANY')
  return encodeHost({
    name: 'allow_any_dynamic_dns',
    domains: ['*'],
    routes: [
      connectRoute(view, DYNAMIC_DNS, origin),
      Route.fromPartial({
        name: 'allow_any_dynamic_dns',
        match: EVERY_REQUEST,
        metadata: originWithLine(origin),
        action: {
          $case: 'route',
          value: { clusterSpecifier: { $case: 'cluster', value: DYNAMIC_DNS }, ...timeouts(view, 0) },
        },
      }),
    ],
  })
})
