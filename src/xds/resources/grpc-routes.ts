/** Route tables for applications that speak gRPC and xDS themselves: one for each service port. */
import { MESH } from '../../model/route-set.ts'
import type { Service, ServicePort } from '../../model/service.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import type { Route } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { CORS } from './cors.ts'
import type { Encoder } from './encoded.ts'
import { httpRoutes } from './http-route.ts'
import { outboundCluster, serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { routeIndex } from './outbound-tables.ts'
import { SESSION } from './stateful-session.ts'
import type { View } from './view.ts'
import { defaultRoute } from './virtual-host.ts'

export function grpcRoutes(view: View, encoder: Encoder): EncodedResource[] {
  return view.scope.egress.flatMap(egress => {
    const index = routeIndex(egress.routes)
    return egress.services.flatMap(service =>
      service.ports.map(port => {
        const set = index.find(service.hostname)
        const rules = set ? httpRoutes(view, set, { attachment: MESH, port: port.number }).flatMap(understood) : []
        const routes = rules.length > 0 ? rules : [defaultRoute(view, service, port.number)]
        const name = outboundCluster(port.number, '', service.hostname)
        return encoder.encode(RouteConfiguration, name, table(name, service, port, routes))
      }),
    )
  })
}

function table(name: string, service: Service, port: ServicePort, routes: Route[]): RouteConfiguration {
  const host = {
    name: serviceRoutes(service.hostname, port.number),
    domains: ['*'],
    routes,
    metadata: originWithLine(service.origin),
  }
  return RouteConfiguration.fromPartial({ name, virtualHosts: [host] })
}

/** A client refuses the whole table for an answer that it would have to give itself, and for a filter it does not have. */
function understood(route: Route): Route[] {
  if (route.action?.$case !== 'route') return []
  const { [CORS]: _, [SESSION]: __, ...typedPerFilterConfig } = route.typedPerFilterConfig
  return [{ ...route, typedPerFilterConfig }]
}
