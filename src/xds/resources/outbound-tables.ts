/**
 * The route tables of a group of sidecars whose traffic is redirected to them, virtual host by virtual host: one table for each port that HTTP
 * services share, one for each service port that has its own listener. When only rules changed, only the hosts they speak of are made again:
 * a mesh of ten thousand services has as many in each table.
 */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import { isWildcard } from '../../model/host.ts'
import { isHttp, isHttpOrAuto } from '../../model/protocol.ts'
import { RouteIndex } from '../../model/route-lookup.ts'
import type { RouteSet } from '../../model/route-set.ts'
import type { EgressScope } from '../../model/scope.ts'
import { portOf, type Service } from '../../model/service.ts'
import { DomainClaims, serviceDomains } from './host-domains.ts'
import { RESERVED_PORTS, serviceRoutes } from './names.ts'
import { ruleHost, serviceHost } from './service-hosts.ts'
import { ownAddress } from './service-listener.ts'
import type { View } from './view.ts'
import type { EncodedHost } from './virtual-host.ts'

export type OutboundTable = SharedTable | OwnTable

interface Table {
  readonly name: string
  readonly port: number
  /** Which of the view's egress listeners it belongs to. */
  readonly egress: number
  readonly hosts: readonly EncodedHost[]
}

/** Of the virtual hosts the first are those of the services, in their order; behind them come hosts that only rules know of. */
export interface SharedTable extends Table {
  readonly kind: 'shared'
  readonly services: readonly ServedHost[]
  /** Of `services`, by host name. */
  readonly places: ReadonlyMap<string, number>
}

/** The table of one service port, which needs no host to tell. */
interface OwnTable extends Table {
  readonly kind: 'own'
  readonly service: Service
}

interface ServedHost {
  readonly service: Service
  readonly domains: readonly string[]
}

export interface OutboundTables {
  readonly view: View
  readonly tables: readonly OutboundTable[]
}

/** @param before of the same group of proxies, for the state of the mesh before */
export function outboundTables(view: View, before: OutboundTables | undefined): OutboundTables {
  if (before?.view === view) return before
  const changed = before && changedRules(before.view, view)
  const tables = changed ? before.tables.map(table => updated(view, table, changed[table.egress] ?? [])) : allTables(view)
  return { view, tables }
}

function allTables(view: View): OutboundTable[] {
  const tables = new Map<string, OutboundTable>()
  for (const [i, egress] of view.scope.egress.entries()) {
    for (const port of sharedPorts(egress)) {
      const name = String(port)
      if (!tables.has(name)) tables.set(name, sharedTable(view, i, port))
    }
    for (const [service, port] of egress.config?.port ? [] : portsWithOwnTable(egress)) {
      const name = serviceRoutes(service.hostname, port)
      if (tables.has(name)) continue
      const hosts = [ownHost(view, egress, service, port)]
      tables.set(name, { kind: 'own', name, port, egress: i, service, hosts })
    }
  }
  return [...tables.values()]
}

/** Ports whose HTTP services are told apart by host name. */
export function sharedPorts(egress: EgressScope): readonly number[] {
  const { port } = egress.config ?? {}
  if (port) return isHttpOrAuto(port.protocol) ? [port.number] : []
  return portsToShare(egress.services)
}

const portsToShare = remembering((services: readonly Service[]) => {
  const ports = new Set<number>()
  for (const service of services) {
    for (const { number, protocol } of service.ports) {
      if (isHttp(protocol) || (protocol === 'auto' && !ownAddress(service))) ports.add(number)
    }
  }
  return [...ports].filter(number => !RESERVED_PORTS.has(number))
})

/** Ports of unknown protocol on an address of their own. */
function portsWithOwnTable(egress: EgressScope): [Service, number][] {
  return egress.services.flatMap(service =>
    ownAddress(service)
      ? service.ports.filter(port => port.protocol === 'auto').map((port): [Service, number] => [service, port.number])
      : [],
  )
}

const EVERY_HOST: readonly string[] = ['*']

/** The only virtual host of a service port's own table. */
export function ownHost(view: View, egress: EgressScope, service: Service, port: number): EncodedHost {
  const set = routeIndex(egress.routes).find(service.hostname)
  return serviceHost({ view, service, port, set, domains: EVERY_HOST })
}

/** A route set without HTTP rules says nothing about HTTP. */
export const routeIndex = remembering((routes: readonly RouteSet[]) => new RouteIndex(routes.filter(set => set.http.length > 0)))

/** Services that have this port, and hosts that only rules know of. */
function sharedTable(view: View, at: number, port: number): SharedTable {
  const egress = egressAt(view, at)
  const claims = new DomainClaims()
  const services: ServedHost[] = []
  for (const service of egress.services) {
    if (!hasHttpPort(egress, service, port)) continue
    const domains = claims.claim(serviceDomains(view, service))
    if (domains.length > 0) services.push({ service, domains })
  }
  const places = new Map(services.map((served, i) => [served.service.hostname, i]))
  const hosts = [...services.map(served => hostOf(view, egress, port, served)), ...ruleHosts(view, egress, port, claims)]
  return { kind: 'shared', name: String(port), port, egress: at, services, places, hosts }
}

function egressAt(view: View, at: number): EgressScope {
  const egress = view.scope.egress[at]
  if (!egress) throw new RangeError(`Cannot make a route table: there is no egress listener ${at}`)
  return egress
}

function hostOf(view: View, egress: EgressScope, port: number, { service, domains }: ServedHost): EncodedHost {
  const set = routeIndex(egress.routes).find(service.hostname)
  const target = egress.config?.port && !portOf(service, port) ? (service.ports[0]?.number ?? port) : port
  return serviceHost({ view, service, port: target, set, domains })
}

function ruleHosts(view: View, egress: EgressScope, port: number, claims: DomainClaims): EncodedHost[] {
  const index = routeIndex(egress.routes)
  const services = egress.services.filter(service => hasHttpPort(egress, service, port))
  const served = new Set(services.map(service => index.find(service.hostname)))
  const names = new Set(services.map(service => service.hostname))
  const hosts: EncodedHost[] = []
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

/** Route sets that came or went, by egress listener. */
type ChangedRules = readonly (readonly RouteSet[])[]

/** @returns undefined: something else changed as well, or it cannot be told which hosts it concerns */
function changedRules(before: View, now: View): ChangedRules | undefined {
  if (before.key !== now.key || before.settings !== now.settings || before.trafficRules !== now.trafficRules) return undefined
  const [was, is] = [before.scope, now.scope]
  if (was.services !== is.services || was.outboundPolicy !== is.outboundPolicy || was.egressProxy !== is.egressProxy)
    return undefined
  if (was.egress.length !== is.egress.length) return undefined
  const changes: (readonly RouteSet[])[] = []
  for (const [i, egress] of is.egress.entries()) {
    const old = was.egress[i]
    if (!old || old.services !== egress.services || old.config !== egress.config) return undefined
    const sets = differences.get([old.routes, egress.routes], () => difference(old.routes, egress.routes))
    if (sets.some(set => set.hosts.some(isWildcard))) return undefined
    changes.push(sets)
  }
  return changes
}

const differences = new IdentityMemo<readonly RouteSet[]>()

function difference(before: readonly RouteSet[], now: readonly RouteSet[]): readonly RouteSet[] {
  const [was, is] = [new Set(before), new Set(now)]
  return [...was.symmetricDifference(is)]
}

/** @param sets the rules that came or went */
function updated(view: View, table: OutboundTable, sets: readonly RouteSet[]): OutboundTable {
  if (sets.length === 0) return table
  const egress = egressAt(view, table.egress)
  if (table.kind === 'own') {
    const { service, port } = table
    const concerned = sets.some(set => set.hosts.includes(service.hostname))
    return concerned ? { ...table, hosts: [ownHost(view, egress, service, port)] } : table
  }
  const places = new Set<number>()
  for (const set of sets) {
    const found = set.hosts.flatMap(host => table.places.get(host) ?? [])
    // Hosts that are no service here may have a virtual host of their own.
    if (found.length < set.hosts.length && (found.length > 0 || table.port === 80))
      return sharedTable(view, table.egress, table.port)
    for (const place of found) places.add(place)
  }
  if (places.size === 0) return table
  const hosts = [...table.hosts]
  for (const place of places) {
    const served = table.services[place]
    if (served) hosts[place] = hostOf(view, egress, table.port, served)
  }
  return { ...table, hosts }
}
