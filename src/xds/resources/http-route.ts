/** Rules for HTTP requests as Envoy routes. One rule gives a route for each of its matches. */
import type { Forward, HttpDestination, HttpMatch, HttpRule, Mirror, RetryPolicy } from '../../model/http-rule.ts'
import { NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import type { RouteSet } from '../../model/route-set.ts'
import {
  RouteAction_ClusterNotFoundResponseCode as NotFound,
  Route,
  RouteAction,
  type RouteAction_HashPolicy,
  WeightedCluster_ClusterWeight,
} from '../gen/envoy/config/route/v3/route_components.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { directResponse, redirect } from './answer.ts'
import { CORS, corsConfig } from './cors.ts'
import { hashOf, resolveDestination } from './destination.ts'
import { FAULT, faultConfig } from './fault.ts'
import { hashPolicy } from './hash.ts'
import { authorityOf, headerChanges } from './header-changes.ts'
import { REFUSED } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { routeRetry } from './retry.ts'
import { isCatchAll, routeMatch } from './route-match.ts'
import { splitDestinations } from './split.ts'
import { SESSION, sessionConfig } from './stateful-session.ts'
import { duration, fraction, ZERO } from './values.ts'
import { appliesToHttp, type Place, ruleFor, type View } from './view.ts'

/** The routes of a set's rules for this place, in order; nothing after the first that takes every request. */
export function httpRoutes(view: View, set: RouteSet, place: Place): Route[] {
  const routes: Route[] = []
  for (const rule of set.http) {
    const split = withSplits(view, rule, place)
    for (const match of rule.matches.length > 0 ? rule.matches : [undefined]) {
      if (match && !appliesToHttp(view, match.client, place)) continue
      const route = httpRoute(view, split, match, place)
      routes.push(route)
      if (route.match && isCatchAll(route.match)) return routes
    }
  }
  return routes
}

/** The rule with destinations in the place of those that are shared out. */
function withSplits(view: View, rule: HttpRule, place: Place): HttpRule {
  if (rule.action.kind !== 'forward') return rule
  const destinations = splitDestinations(view, rule.action.destinations, place.port)
  return destinations === rule.action.destinations ? rule : { ...rule, action: { ...rule.action, destinations } }
}

function httpRoute(view: View, rule: HttpRule, match: HttpMatch | undefined, place: Place): Route {
  const changes = rule.action.kind === 'forward' ? ownHeaders(rule, rule.action) : headerChanges(rule.headers)
  return Route.fromPartial({
    name: [rule.name, match?.name].filter(Boolean).join('.'),
    match: routeMatch(match),
    action: routeAction(view, rule, place),
    metadata: originWithLine(rule.origin),
    typedPerFilterConfig: filterConfigs(rule),
    statPrefix: match?.statPrefix ?? '',
    ...changes,
  })
}

function routeAction(view: View, rule: HttpRule, place: Place): Route['action'] {
  switch (rule.action.kind) {
    case 'redirect':
      return { $case: 'redirect', value: redirect(rule.action, place.port) }
    case 'direct-response':
      return { $case: 'directResponse', value: directResponse(rule.action) }
    case 'forward':
      if (effectiveDestinations(rule.action.destinations).length === 0) return NOWHERE
      return { $case: 'route', value: forward(view, rule, rule.action, place) }
  }
}

/** All shares are 0: Envoy would refuse the table, and with it everybody's routes. */
const NOWHERE: Route['action'] = { $case: 'directResponse', value: { status: 503, body: undefined } }

function forward(view: View, rule: HttpRule, action: Forward, place: Place): RouteAction {
  const destinations = effectiveDestinations(action.destinations)
  const refused = destinations.find(destination => destination.refused !== undefined)?.refused
  const hashPolicies = destinations.flatMap(destination => {
    const hash = hashOf(resolveDestination(view, destination, place.port).policy)
    return hash ? [hashPolicy(hash.key)] : []
  })
  return RouteAction.fromPartial({
    clusterSpecifier: clusterSpecifier(view, destinations, place),
    clusterNotFoundResponseCode: refused === 500 ? NotFound.INTERNAL_SERVER_ERROR : NotFound.SERVICE_UNAVAILABLE,
    ...timeouts(view, action.timeoutMs),
    retryPolicy: routeRetry(view, retryOf(view, rule, action), hashPolicies.length > 0),
    hashPolicy: distinct(hashPolicies),
    requestMirrorPolicies: action.mirrors.filter(mirror => mirror.percent > 0).map(mirror => mirrorPolicy(view, mirror, place)),
    ...rewrites(rule, action, destinations),
  })
}

/** A Retry for this very route, else what the route says, else a Retry for the service. */
function retryOf(view: View, { name }: HttpRule, { retry, destinations }: Forward): RetryPolicy | undefined {
  const services = destinations.flatMap(({ host }) => view.scope.byHost.get(host) ?? [])
  const retries = services.flatMap(service => ruleFor(view, service)?.retries ?? [])
  const own = name ? retries.find(entry => entry.route === name) : undefined
  return own?.policy ?? retry ?? retries.find(entry => entry.route === '')?.policy
}

/** What a rule's routes would be for requests that only go to `destinations`. */
export function forwardTo(view: View, rule: HttpRule & { readonly action: Forward }, place: Place): RouteAction {
  const split = withSplits(view, rule, place)
  return split.action.kind === 'forward' ? forward(view, split, split.action, place) : forward(view, rule, rule.action, place)
}

function distinct(policies: readonly RouteAction_HashPolicy[]): RouteAction_HashPolicy[] {
  return [...new Map(policies.map(policy => [JSON.stringify(policy), policy])).values()]
}

/**
 * 0 is none, except for the deadline that a gRPC client sends. A length holds for gRPC too; it cannot stand beside max_stream_duration, since
 * Envoy then ignores it, and its other companion (max_grpc_timeout) is deprecated. A client without a proxy reads only the former.
 */
export function timeouts(view: Pick<View, 'kind'>, timeoutMs: number): Pick<RouteAction, 'timeout' | 'maxStreamDuration'> {
  const timeout = timeoutMs > 0 ? duration(timeoutMs) : ZERO
  const none = { maxStreamDuration: undefined, grpcTimeoutHeaderMax: undefined, grpcTimeoutHeaderOffset: undefined }
  if (view.kind === 'grpc') return { timeout, maxStreamDuration: { ...none, maxStreamDuration: timeout } }
  return { timeout, maxStreamDuration: timeoutMs > 0 ? undefined : { ...none, grpcTimeoutHeaderMax: ZERO } }
}

/** Weight 0 is no share, except where there is only one destination. */
function effectiveDestinations(destinations: readonly HttpDestination[]): readonly HttpDestination[] {
  if (destinations.length === 1) return destinations
  return destinations.filter(destination => destination.weight > 0)
}

function clusterSpecifier(view: View, destinations: readonly HttpDestination[], place: Place): RouteAction['clusterSpecifier'] {
  const [only, ...others] = destinations
  if (only && others.length === 0) return { $case: 'cluster', value: clusterOf(view, only, place) }
  const clusters = destinations.map(destination =>
    WeightedCluster_ClusterWeight.fromPartial({
      name: clusterOf(view, destination, place),
      weight: destination.weight,
      hostRewriteSpecifier: literalHost(authorityOf(destination.headers)),
      ...headerChanges(destination.headers),
    }),
  )
  const none = { totalWeight: undefined, runtimeKeyPrefix: '', randomValueSpecifier: undefined }
  return { $case: 'weightedClusters', value: { clusters, ...none } }
}

/** One that is refused leads to a cluster that nobody has, for which there is an answer. */
function clusterOf(view: View, destination: HttpDestination, place: Place): string {
  return destination.refused ? REFUSED : resolveDestination(view, destination, place.port).cluster
}

/** Headers of a single destination go onto the route; of several, each has its own. */
function ownHeaders(rule: HttpRule, action: Forward) {
  const [only, ...others] = effectiveDestinations(action.destinations)
  return headerChanges(rule.headers, only && others.length === 0 ? only.headers : NO_HEADER_CHANGES)
}

/** The authority of `rewrite` goes before one in the rule's headers, that before one in a destination's. */
function rewrites(rule: HttpRule, action: Forward, destinations: readonly HttpDestination[]) {
  const [only, ...others] = destinations
  const authority =
    action.rewrite?.authority ||
    authorityOf(rule.headers) ||
    (only && others.length === 0 ? authorityOf(only.headers) : undefined)
  const regex = action.rewrite?.regex
  return {
    hostRewriteSpecifier: literalHost(authority),
    prefixRewrite: action.rewrite?.uri ?? '',
    regexRewrite: regex && { pattern: { regex: regex.pattern }, substitution: regex.substitution },
  }
}

function literalHost(authority: string | undefined): { $case: 'hostRewriteLiteral'; value: string } | undefined {
  return authority ? { $case: 'hostRewriteLiteral', value: authority } : undefined
}

function mirrorPolicy(view: View, { destination, percent }: Mirror, place: Place) {
  return {
    cluster: resolveDestination(view, destination, place.port).cluster,
    runtimeFraction: { defaultValue: fraction(percent), runtimeKey: '' },
    disableShadowHostSuffixAppend: true,
  }
}

function filterConfigs(rule: HttpRule): Record<string, Any> {
  const configs: Record<string, Any> = {}
  if (rule.fault) configs[FAULT] = faultConfig(rule.fault)
  if (rule.cors) configs[CORS] = corsConfig(rule.cors)
  if (rule.session) configs[SESSION] = sessionConfig(rule.session)
  return configs
}
