/**
 * Routes brought together: for each host of each listener, and each Service in the mesh, one set with the rules of all routes in the API's
 * order of precedence.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { hostsMatch, isSubset } from '../../model/host.ts'
import { ANY_CLIENT, type ClientMatch, type HttpRule } from '../../model/http-rule.ts'
import { MESH, type RouteSet, type TcpRule, type TlsRule } from '../../model/route-set.ts'
import { originOf } from '../origin.ts'
import type { CompiledRoute, RankedRule } from './compiled-route.ts'
import { isProgrammed, type ResolvedGateway, type ResolvedListener } from './gateways.ts'
import type { Binding } from './parents.ts'
import { compareRoutes, hostnamesOf, type RouteObject } from './routes.ts'

/** A route with what it is attached to and what was made of it for that. */
export interface BoundRoute {
  readonly route: RouteObject
  readonly binding: Binding
  readonly compiled: CompiledRoute
}

const sets = new IdentityMemo<RouteSet>()

export function listenerSets(gateways: readonly ResolvedGateway[], bound: readonly BoundRoute[]): RouteSet[] {
  const byListener = new Map<ResolvedListener, { route: BoundRoute; hosts: readonly string[] }[]>()
  for (const route of bound) {
    for (const { listener, hosts } of route.binding.listeners) {
      const list = byListener.get(listener)
      if (list) list.push({ route, hosts })
      else byListener.set(listener, [{ route, hosts }])
    }
  }
  return gateways.flatMap(({ listeners }) =>
    listeners.filter(isProgrammed).flatMap(listener => {
      const hosts = new Map<string, BoundRoute[]>()
      for (const { route, hosts: names } of byListener.get(listener) ?? []) {
        for (const host of names) {
          if (belongsToAnother(host, listener, listeners)) continue
          const list = hosts.get(host)
          if (!list) hosts.set(host, [route])
          else if (!list.includes(route)) list.push(route)
        }
      }
      return [...hosts].map(([host, routes]) => setFor(listener, host, routes))
    }),
  )
}

/** A host is served by the listener of its port that is meant most precisely. */
function belongsToAnother(host: string, { listener, index, owner }: ResolvedListener, all: readonly ResolvedListener[]): boolean {
  const own = listener.hostname ?? '*'
  return all.some(
    ({ listener: other, index: i, owner: its, conflict }) =>
      !conflict &&
      (i !== index || its !== owner) &&
      other.port === listener.port &&
      other.hostname !== undefined &&
      other.hostname !== own &&
      isSubset(other.hostname, own) &&
      isSubset(host, other.hostname),
  )
}

function setFor({ attachment, owner }: ResolvedListener, host: string, routes: readonly BoundRoute[]): RouteSet {
  const ordered = [...routes].sort((a, b) => compareRoutes(a.route, b.route))
  const http = ordered
    .flatMap(({ route, compiled }) => compiled.http.map(ranked => ({ ranked, specificity: ownSpecificity(route, host) })))
    .sort((a, b) => compareRank(a.specificity, b.specificity) || compareRank(a.ranked.rank, b.ranked.rank))
    .map(({ ranked }) => ranked.rule)
  const origins = ordered.map(({ route }) => route)
  const rest = ordered.flatMap(({ compiled }) => (compiled.bytes.length > 0 ? [compiled] : []))
  return sets.get([owner, ...http, ...origins, ...rest, attachment, host], () => ({
    ...heads(ordered, host),
    name: `${attachment.replace('/', '~')}~${host}`,
    hosts: [host],
    attachments: [attachment],
    exportTo: ['*'],
    http,
    // Of several routes for the same connections the oldest counts.
    tls: ordered
      .filter(({ route }) => route.kind === 'TLSRoute')
      .slice(0, 1)
      .flatMap(entry => tlsRules(entry, host)),
    tcp: ordered
      .filter(({ route }) => route.kind === 'TCPRoute' || route.kind === 'TLSRoute')
      .slice(0, 1)
      .flatMap(entry => tcpRules(entry, ANY_CLIENT)),
  }))
}

function heads(ordered: readonly BoundRoute[], host: string): Pick<RouteSet, 'namespace' | 'created' | 'origin'> {
  const [first] = ordered
  if (!first) throw new Error(`Cannot make a route set for "${host}": expected a route`)
  const { route } = first
  return { namespace: route.namespace, created: route.creationTimestamp ?? '', origin: originOf(route) }
}

/** Of the route's own names that are meant here: whole names before wildcards, longer before shorter. */
function ownSpecificity(route: RouteObject, host: string): readonly number[] {
  const own = hostnamesOf(route)
    .map(name => name.toLowerCase())
    .filter(name => hostsMatch(name, host))
  const exact = Math.max(0, ...own.filter(name => !name.startsWith('*')).map(name => name.length))
  return [exact, Math.max(0, ...own.map(name => name.length))]
}

function compareRank(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = (b[i] ?? 0) - value
    if (difference !== 0) return difference
  }
  return 0
}

function tlsRules({ compiled, route }: BoundRoute, host: string, client: ClientMatch = ANY_CLIENT): TlsRule[] {
  return compiled.bytes.slice(0, 1).map(({ destinations, path }) => ({
    matches: [{ serverNames: [host], subnets: [], client }],
    destinations,
    origin: originOf(route, path),
  }))
}

function tcpRules({ compiled, route }: BoundRoute, client: ClientMatch): TcpRule[] {
  return compiled.bytes.slice(0, 1).map(({ destinations, path }) => ({
    matches: client === ANY_CLIENT ? [] : [{ subnets: [], client }],
    destinations,
    origin: originOf(route, path),
  }))
}

/**
 * For the sidecars of the mesh: routes in the Service's namespace are for everybody, others for clients in their own, who then follow
 * nothing else.
 */
export function serviceSets(bound: readonly BoundRoute[]): RouteSet[] {
  const groups = new Map<string, BoundRoute[]>()
  for (const entry of bound) {
    for (const service of entry.binding.services) {
      const producer = service.namespace === entry.route.namespace
      const key = `${service.hostname} ${producer ? '*' : entry.route.namespace}`
      const list = groups.get(key)
      if (list) list.push(entry)
      else groups.set(key, [entry])
    }
  }
  return [...groups].map(([key, routes]) => {
    const [host = '', audience = '*'] = key.split(' ')
    return meshSet(
      host,
      audience,
      [...routes].sort((a, b) => compareRoutes(a.route, b.route)),
    )
  })
}

function meshSet(host: string, audience: string, ordered: readonly BoundRoute[]): RouteSet {
  const ports = ordered.map(({ binding }) => binding.port ?? 0).join()
  const made = ordered.map(({ compiled }) => compiled)
  return sets.get([...made, host, audience, ports], () => {
    const ranked = ordered.flatMap(({ compiled, binding }) => compiled.http.map(rule => forPort(rule, binding.port)))
    return {
      ...heads(ordered, host),
      name: `${host}~${audience}`,
      hosts: [host],
      attachments: [MESH],
      exportTo: [audience],
      http: ranked.sort((a, b) => compareRank(a.rank, b.rank)).map(({ rule }) => rule),
      tls: ordered
        .filter(({ route }) => route.kind === 'TLSRoute')
        .flatMap(entry =>
          (hostnamesOf(entry.route).length > 0 ? hostnamesOf(entry.route) : [host]).flatMap(name =>
            tlsRules(entry, name, portClient(entry)),
          ),
        ),
      tcp: ordered.filter(({ route }) => route.kind === 'TCPRoute').flatMap(entry => tcpRules(entry, portClient(entry))),
    }
  })
}

function portClient({ binding }: BoundRoute): ClientMatch {
  const port = binding.port
  return port === undefined ? ANY_CLIENT : { ...ANY_CLIENT, port }
}

function forPort(ranked: RankedRule, port: number | undefined): RankedRule {
  if (port === undefined) return ranked
  const rule: HttpRule = {
    ...ranked.rule,
    matches: ranked.rule.matches.map(match => ({ ...match, client: { ...match.client, port } })),
  }
  return { ...ranked, rule }
}
