/**
 * Route tables of sidecars whose traffic is redirected to them: one for each port that HTTP services share, one for each service port that
 * has its own listener.
 */

import { remembering } from '../../lib/identity-memo.ts'
import { builtIn } from '../../model/origin.ts'
import { isHttp, isHttpOrAuto } from '../../model/protocol.ts'
import { RouteIndex } from '../../model/route-lookup.ts'
import { MESH, type RouteSet } from '../../model/route-set.ts'
import type { EgressScope } from '../../model/scope.ts'
import { portOf, type Service } from '../../model/service.ts'
import { Route } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { resolveDestination } from './destination.ts'
import type { Encoder } from './encoded.ts'
import { DomainClaims, serviceDomains } from './host-domains.ts'
import { httpRoutes, timeouts } from './http-route.ts'
import { PASSTHROUGH, RESERVED_PORTS, serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { hostRetry } from './retry.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { ownAddress } from './service-listener.ts'
import type { View } from './view.ts'
import { defaultRoute, type EncodedHost, encodeHost, type HostInputs, rememberedHost, routeTable } from './virtual-host.ts'

/** Envoy's default for outbound tables: the host is matched without its port, since a table belongs to a port. */
const OUTBOUND = { ignorePortInHostMatching: true }

export function sidecarRoutes(view: View, encoder: Encoder): EncodedResource[] {
  const tables = new Map<string, EncodedResource>()
  for (const egress of view.scope.egress) {
    for (const port of sharedPorts(egress)) {
      const name = String(port)
      if (!tables.has(name)) tables.set(name, sharedTable(view, encoder, egress, name, port))
    }
    for (const [service, port] of egress.config?.port ? [] : portsWithOwnTable(egress)) {
      const name = serviceRoutes(service.hostname, port)
      if (!tables.has(name)) tables.set(name, ownTable(view, encoder, egress, service, port))
    }
  }
  return [...tables.values()]
}

/** Ports whose HTTP services are told apart by host name. */
export function sharedPorts(egress: EgressScope): number[] {
  const { port } = egress.config ?? {}
  if (port) return isHttpOrAuto(port.protocol) ? [port.number] : []
  const ports = new Set<number>()
  for (const service of egress.services) {
    for (const { number, protocol } of service.ports) {
      if (isHttp(protocol) || (protocol === 'auto' && !ownAddress(service))) ports.add(number)
    }
  }
  return [...ports].filter(number => !RESERVED_PORTS.has(number))
}

/** Ports of unknown protocol on an address of their own. */
function portsWithOwnTable(egress: EgressScope): [Service, number][] {
  return egress.services.flatMap(service =>
    ownAddress(service)
      ? service.ports.filter(port => port.protocol === 'auto').map((port): [Service, number] => [service, port.number])
      : [],
  )
}

function sharedTable(view: View, encoder: Encoder, egress: EgressScope, name: string, port: number): EncodedResource {
  const hosts = [...portHosts(view, egress, port, new DomainClaims()), catchAll(view, port)]
  return routeTable(encoder, name, hosts, OUTBOUND)
}

/** The table of one service port, which needs no host to tell. */
export function ownTable(view: View, encoder: Encoder, egress: EgressScope, service: Service, port: number): EncodedResource {
  const set = routeIndex(egress.routes).find(service.hostname)
  const host = serviceHost({ view, service, port, set, domains: EVERY_HOST })
  return routeTable(encoder, serviceRoutes(service.hostname, port), [host], OUTBOUND)
}

const EVERY_HOST: readonly string[] = ['*']

/** A route set without HTTP rules says nothing about HTTP. */
export const routeIndex = remembering((routes: readonly RouteSet[]) => new RouteIndex(routes.filter(set => set.http.length > 0)))

/** Services that have this port, and hosts that only rules know of. */
function portHosts(view: View, egress: EgressScope, port: number, claims: DomainClaims): EncodedHost[] {
  const index = routeIndex(egress.routes)
  const services = egress.services.filter(service => hasHttpPort(egress, service, port))
  const served = new Set<RouteSet>()
  const hosts: EncodedHost[] = []
  for (const service of services) {
    const set = index.find(service.hostname)
    if (set) served.add(set)
    const domains = claims.claim(serviceDomains(view, service))
    const target = egress.config?.port && !portOf(service, port) ? (service.ports[0]?.number ?? port) : port
    if (domains.length > 0) hosts.push(serviceHost({ view, service, port: target, set, domains }))
  }
  const names = new Set(services.map(service => service.hostname))
  for (const set of egress.routes) {
    if (set.http.length === 0 || (port !== 80 && !served.has(set))) continue
    for (const host of set.hosts) {
      if (names.has(host) || (host.startsWith('*') && matchesAny(host, names)) || index.find(host) !== set) continue
      const domains = claims.claim([host])
      const encoded = domains.length > 0 && ruleHost({ view, set, domains, port }, host)
      if (encoded) hosts.push(encoded)
    }
  }
  return hosts
}

function hasHttpPort(egress: EgressScope, service: Service, port: number): boolean {
  if (egress.config?.port?.protocol === 'HTTP_PROXY') return service.ports.some(entry => isHttpOrAuto(entry.protocol))
  const found = portOf(service, port)
  return found !== undefined && isHttpOrAuto(found.protocol)
}

function matchesAny(wildcard: string, hosts: ReadonlySet<string>): boolean {
  const suffix = wildcard.slice(1)
  for (const host of hosts) if (host.endsWith(suffix)) return true
  return false
}

/** Virtual host of a service port: its rules, or the default route where there are none for this client. */
export function serviceHost(inputs: ServiceHost): EncodedHost {
  const { view, service, set, domains, port, before } = inputs
  const make = (): EncodedHost => {
    const routes = set ? httpRoutes(view, set, { attachment: MESH, port }) : []
    return encodeHost({
      name: serviceRoutes(service.hostname, port),
      domains: [...domains],
      routes: [...(before?.() ?? []), ...(routes.length > 0 ? routes : [defaultRoute(view, service, port)])],
      metadata: originWithLine(set && routes.length > 0 ? set.origin : service.origin),
      retryPolicy: hostRetry(view),
    })
  }
  return rememberedHost(inputs, make) ?? make()
}

/** Routes before all others; `variant` tells which. */
interface Before {
  readonly before?: () => readonly Route[]
}

interface ServiceHost extends HostInputs, Before {
  readonly service: Service
}

/** Virtual host of a name that no service has; undefined: none of its rules are for this client. */
export function ruleHost(inputs: RuleHost, host: string): EncodedHost | undefined {
  const { view, set, port, domains, before } = inputs
  return rememberedHost({ ...inputs, service: undefined, variant: `${host} ${inputs.variant ?? ''}` }, () => {
    const routes = httpRoutes(view, set, { attachment: MESH, port })
    if (routes.length === 0) return undefined
    return encodeHost({
      name: serviceRoutes(host, port),
      domains: [...domains],
      routes: [...(before?.() ?? []), ...routes],
      metadata: originWithLine(set.origin),
      retryPolicy: hostRetry(view),
    })
  })
}

interface RuleHost extends Omit<HostInputs, 'service'>, Before {
  readonly set: RouteSet
}

/** Requests to hosts that nobody knows: on to where they were going, or 502. */
function catchAll(view: View, port: number): EncodedHost {
  if (view.scope.outboundPolicy === 'registry-only') return BLOCK_ALL
  const proxy = view.scope.egressProxy
  const cluster = proxy ? resolveDestination(view, proxy, port).cluster : PASSTHROUGH
  return encodeHost({
    name: 'allow_any',
    domains: ['*'],
    routes: [
      Route.fromPartial({
        name: 'allow_any',
        match: EVERY_REQUEST,
        metadata: originWithLine(builtIn('outboundTrafficPolicy ALLOW_ANY')),
        action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: cluster }, ...timeouts(view, 0) } },
      }),
    ],
  })
}

export const BLOCK_ALL = encodeHost({
  name: 'block_all',
  domains: ['*'],
  routes: [
    Route.fromPartial({
      name: 'block_all',
      match: EVERY_REQUEST,
      metadata: originWithLine(builtIn('outboundTrafficPolicy REGISTRY_ONLY')),
      action: { $case: 'directResponse', value: { status: 502 } },
    }),
  ],
})
