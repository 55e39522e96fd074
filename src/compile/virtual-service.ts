/** VirtualServices as route sets. */
import type { L4MatchAttributes, RouteDestination, TLSMatchAttributes } from '../api/istio/virtualservice/schema.ts'
import type { VirtualService } from '../api/registry.ts'
import { fullHostName } from '../model/host.ts'
import type { Origin } from '../model/origin.ts'
import { MESH, type RouteSet, type TcpDestination, type TcpMatch, type TlsMatch } from '../model/route-set.ts'
import type { MeshSettings } from '../model/settings.ts'
import { visibility } from '../model/visibility.ts'
import { mergeRoutes, type PlacedRoute } from './delegate.ts'
import { gatewayName } from './gateway-name.ts'
import { compileDestination, compileHttpRule, type RuleContext } from './http-rule.ts'
import { originOf } from './origin.ts'

/** A delegate is not for any host by itself. */
export function isDelegate(object: VirtualService): boolean {
  return (object.spec.hosts ?? []).length === 0
}

/** The objects that a root's rules name, as "namespace/name"; undefined where a rule delegates to nobody. */
export function delegateNames(object: VirtualService): (string | undefined)[] {
  return (object.spec.http ?? []).map(
    ({ delegate }) => delegate && `${delegate.namespace || object.namespace}/${delegate.name ?? ''}`,
  )
}

/** @param delegates for each HTTP rule the object it delegates to, where there is one */
export function compileVirtualService(
  object: VirtualService,
  settings: MeshSettings,
  delegates: readonly (VirtualService | undefined)[],
): RouteSet {
  const { spec, namespace, name } = object
  const context = { namespace, settings }
  const http = (spec.http ?? []).flatMap((route, index): PlacedRoute[] => {
    if (!route.delegate) return [{ route, object, index }]
    const delegate = delegates[index]
    return delegate ? mergeRoutes(route, placedRoutes(delegate)) : []
  })
  return {
    name,
    namespace,
    hosts: (spec.hosts ?? []).map(host => fullHostName(host, namespace, settings.domainSuffix).toLowerCase()),
    attachments: (spec.gateways?.length ? spec.gateways : [MESH]).map(gateway => gatewayName(gateway, namespace)),
    exportTo: visibility(spec.exportTo, namespace, settings.defaultRouteExportTo),
    // A delegate's short names are of its own namespace.
    http: http.map(({ route, object: holder, index }) =>
      compileHttpRule(route, { namespace: holder.namespace, settings }, originOf(holder, ['spec', 'http', index])),
    ),
    tls: (spec.tls ?? []).map((rule, index) => ({
      matches: (rule.match ?? []).map(match => tlsMatch(match, context)),
      ...tcpRule(rule.route, context, originOf(object, ['spec', 'tls', index])),
    })),
    tcp: (spec.tcp ?? []).map((rule, index) => ({
      matches: (rule.match ?? []).map(match => tcpMatch(match, context)),
      ...tcpRule(rule.route, context, originOf(object, ['spec', 'tcp', index])),
    })),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function placedRoutes(object: VirtualService): PlacedRoute[] {
  return (object.spec.http ?? []).map((route, index) => ({ route, object, index })).filter(({ route }) => !route.delegate)
}

function tcpRule(routes: readonly RouteDestination[] | undefined, context: RuleContext, origin: Origin) {
  const destinations = (routes ?? []).map(
    (entry): TcpDestination => ({ ...compileDestination(entry.destination, context), weight: entry.weight ?? 0 }),
  )
  return { destinations, origin }
}

function tlsMatch(match: TLSMatchAttributes, context: RuleContext): TlsMatch {
  return { serverNames: match.sniHosts ?? [], ...tcpMatch(match, context) }
}

function tcpMatch(match: L4MatchAttributes | TLSMatchAttributes, { namespace }: RuleContext): TcpMatch {
  return {
    subnets: match.destinationSubnets ?? [],
    client: {
      port: match.port || undefined,
      labels: match.sourceLabels ?? {},
      namespace: match.sourceNamespace ?? '',
      attachments: (match.gateways ?? []).map(gateway => gatewayName(gateway, namespace)),
    },
  }
}
