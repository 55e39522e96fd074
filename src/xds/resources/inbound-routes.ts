/** The route tables inside inbound listeners: everything goes to the application. */
import type { Origin } from '../../model/origin.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { Route } from '../gen/envoy/config/route/v3/route_components.ts'
import type { InboundPort } from './inbound-port.ts'
import { INBOUND_PASSTHROUGH, inboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { retryToSameHost } from './retry.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { ZERO } from './values.ts'

export function inboundRoutes(settings: MeshSettings, inbound: InboundPort): RouteConfiguration {
  const servicePort = inbound.port?.number ?? inbound.target
  const operation = inbound.service ? `${inbound.service.hostname}:${servicePort}/*` : `:${servicePort}/*`
  return table(settings, inboundCluster(inbound.target), `inbound|http|${servicePort}`, inbound.origin, operation)
}

export function passthroughRoutes(settings: MeshSettings, origin: Origin): RouteConfiguration {
  return table(settings, INBOUND_PASSTHROUGH, 'inbound|http|0', origin, ':0/*')
}

function table(
  { inboundRetry }: MeshSettings,
  cluster: string,
  virtualHost: string,
  origin: Origin,
  operation: string,
): RouteConfiguration {
  const route = Route.fromPartial({
    name: 'default',
    match: EVERY_REQUEST,
    decorator: { operation },
    metadata: originMetadata(origin),
    action: {
      $case: 'route',
      value: {
        clusterSpecifier: { $case: 'cluster', value: cluster },
        timeout: ZERO,
        maxStreamDuration: { maxStreamDuration: ZERO, grpcTimeoutHeaderMax: ZERO },
        retryPolicy: retryToSameHost(inboundRetry),
      },
    },
  })
  return RouteConfiguration.fromPartial({
    name: cluster,
    validateClusters: false,
    virtualHosts: [{ name: virtualHost, domains: ['*'], routes: [route] }],
  })
}
