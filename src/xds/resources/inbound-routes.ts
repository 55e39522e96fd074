/** The route tables inside inbound listeners: everything goes to the application. */
import type { Origin } from '../../model/origin.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { RetryPolicy, Route } from '../gen/envoy/config/route/v3/route_components.ts'
import type { InboundPort } from './inbound-port.ts'
import { INBOUND_PASSTHROUGH, inboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { ZERO } from './values.ts'

/** The application may close an idle connection just as a request goes out on it; the request was not seen then. */
const RETRY_UNSENT = RetryPolicy.fromPartial({ retryOn: 'reset-before-request', numRetries: 2 })

export function inboundRoutes(inbound: InboundPort): RouteConfiguration {
  const servicePort = inbound.port?.number ?? inbound.target
  const operation = inbound.service ? `${inbound.service.hostname}:${servicePort}/*` : `:${servicePort}/*`
  return table(inboundCluster(inbound.target), `inbound|http|${servicePort}`, inbound.origin, operation)
}

export function passthroughRoutes(origin: Origin): RouteConfiguration {
  return table(INBOUND_PASSTHROUGH, 'inbound|http|0', origin, ':0/*')
}

function table(cluster: string, virtualHost: string, origin: Origin, operation: string): RouteConfiguration {
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
        retryPolicy: RETRY_UNSENT,
      },
    },
  })
  return RouteConfiguration.fromPartial({
    name: cluster,
    validateClusters: false,
    virtualHosts: [{ name: virtualHost, domains: ['*'], routes: [route] }],
  })
}
