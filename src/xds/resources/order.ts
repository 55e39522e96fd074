/**
 * The HTTP filters of every connection manager, in the order in which a request meets them. A feature with a filter has a file of its own
 * and one line here, with the reason for its place.
 */
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { corsFilter } from './cors.ts'
import { dynamicForwardProxyFilter } from './dynamic-forward-proxy.ts'
import { faultFilter } from './fault.ts'
import { grpcStatsFilter } from './grpc-stats.ts'
import { grpcWebFilter } from './grpc-web.ts'
import type { HttpConnection } from './http-connection.ts'
import { rateLimitFilters } from './rate-limit.ts'
import { routerFilter } from './router.ts'
import { scriptFilters } from './script-filter.ts'
import { accessFilters, authorizerFilters, tokenFilter } from './security-filters.ts'
import { sessionFilter } from './stateful-session.ts'

const IN_ORDER: readonly ((connection: HttpConnection) => HttpFilter | readonly HttpFilter[] | undefined)[] = [
  grpcWebFilter, // makes gRPC of what browsers send, so that all answers after it are in gRPC's terms
  grpcStatsFilter, // counts gRPC messages for the metrics, of requests that others refuse too
  authorizerFilters, // an external authorizer judges what came, before the mesh says anything about it
  tokenFilter, // verifies tokens, which the rules after it may ask for
  accessFilters, // nothing that is not allowed gets further
  scriptFilters, // the user's own see what may pass, with identities known, before anything is made up or counted
  faultFilter, // for requests that may pass: a delay or abort stands for a service that is slow or broken
  corsFilter, // answers preflights, which nothing after it needs to see
  rateLimitFilters, // after all that refuses a request for what it is: only what would be served counts
  sessionFilter, // says which host is wanted, of requests that nothing before it answers
  dynamicForwardProxyFilter, // resolves the host that the router is about to connect to
  routerFilter, // ends the chain: it sends the request on
]

export function httpFilters(connection: HttpConnection): HttpFilter[] {
  return IN_ORDER.flatMap(filter => filter(connection) ?? [])
}
