/**
 * What the proxies of one namespace (and one Sidecar configuration) know of the mesh: services, routes, and on which ports they listen
 * for them. Without a Sidecar that is all that is visible to the namespace.
 */
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { hostsForNamespace, hostsMatch, isSubset, type ScopedHost } from './host.ts'
import type { Destination } from './http-rule.ts'
import { hasLabels, type Labels, labelsKey } from './labels.ts'
import type { Mesh } from './mesh.ts'
import type { MeshProxy } from './proxy.ts'
import { meshRoutes, visibleRoutes } from './route-lookup.ts'
import type { RouteSet } from './route-set.ts'
import { type Service, serviceKey } from './service.ts'
import type { MeshSettings } from './settings.ts'
import type { EgressConfig, SidecarConfig } from './sidecar.ts'
import { isVisible } from './visibility.ts'

export interface Scope {
  readonly namespace: string
  readonly sidecar: SidecarConfig | undefined
  /** One service a host name, with the ports that may be used. */
  readonly services: readonly Service[]
  /** Aliases too. */
  readonly byHost: ReadonlyMap<string, Service>
  readonly egress: readonly EgressScope[]
  readonly outboundPolicy: 'allow-any' | 'registry-only'
  readonly egressProxy: Destination | undefined
}

/** What one egress listener is for; without a port in its configuration: the ports of all these services. */
export interface EgressScope {
  readonly config: EgressConfig | undefined
  readonly services: readonly Service[]
  readonly routes: readonly RouteSet[]
}

/** The Sidecar for a workload: the oldest that selects it, else its namespace's without a selector, else the root namespace's. */
export function sidecarFor(mesh: Mesh, namespace: string, labels: Labels): SidecarConfig | undefined {
  const own = mesh.sidecars.filter(sidecar => sidecar.namespace === namespace)
  return (
    own.find(sidecar => sidecar.selector && hasLabels(labels, sidecar.selector)) ??
    own.find(sidecar => !sidecar.selector) ??
    mesh.sidecars.find(sidecar => sidecar.namespace === mesh.settings.rootNamespace && !sidecar.selector)
  )
}

export function scopeOf(mesh: Mesh, proxy: MeshProxy): Scope {
  const sidecar = proxy.kind === 'gateway' ? undefined : sidecarFor(mesh, proxy.namespace, proxy.labels)
  return makeScope(mesh, proxy.namespace, sidecar)
}

/** The same object as long as services, routes and settings are. */
export function makeScope(mesh: MeshParts, namespace: string, sidecar: SidecarConfig | undefined): Scope {
  const { services, routes, settings } = mesh
  return scopes.get([services, routes, settings, sidecar, namespace], () => computeScope(mesh, namespace, sidecar))
}

type MeshParts = Pick<Mesh, 'services' | 'routes' | 'settings'>

const scopes = new IdentityMemo<Scope>()

function computeScope(mesh: MeshParts, namespace: string, sidecar: SidecarConfig | undefined): Scope {
  const routes = meshRoutes(visibleRoutes(mesh.routes, namespace))
  const rest = {
    namespace,
    sidecar,
    outboundPolicy: sidecar?.outboundPolicy ?? mesh.settings.outboundPolicy,
    egressProxy: sidecar?.egressProxy,
  }
  if (!sidecar || sidecar.egress.length === 0) {
    const { services, byHost } = everything(mesh.services, namespace)
    return { ...rest, services, byHost, egress: [{ config: undefined, services, routes }] }
  }
  const visible = visibleServices(mesh.services, namespace)
  const imports = sidecar.egress.map(config => ({
    config,
    services: visible.flatMap(service => importedPorts(config, service)),
    routes: routes.filter(set => importsRoutes(config, set)),
  }))
  const chosen = new Chosen(namespace)
  for (const entry of imports) for (const service of entry.services) chosen.add(service)
  chosen.settle()
  for (const entry of imports) for (const set of entry.routes) addDestinations(chosen, set, namespace, visible)
  for (const service of collectors(mesh.settings, visible)) chosen.addLate(service)
  const services = [...chosen.services().values()]
  const egress = imports.map(entry => ({ ...entry, services: chosen.among(entry.services) }))
  return { ...rest, services, byHost: withAliases(services), egress }
}

/** All that a namespace may see; the same object whatever becomes of routes. */
function everything(services: readonly Service[], namespace: string): Pick<Scope, 'services' | 'byHost'> {
  return whole.get([services, namespace], () => {
    const chosen = new Chosen(namespace)
    for (const service of visibleServices(services, namespace)) chosen.add(service)
    chosen.settle()
    const seen = [...chosen.services().values()]
    return { services: seen, byHost: withAliases(seen) }
  })
}

const whole = new IdentityMemo<Pick<Scope, 'services' | 'byHost'>>()

function visibleServices(services: readonly Service[], namespace: string): readonly Service[] {
  return services.filter(service => isVisible(service.exportTo, namespace))
}

/** By all their names. */
function withAliases(services: readonly Service[]): ReadonlyMap<string, Service> {
  const aliases = services.flatMap(service => service.aliases.map(alias => [alias.hostname, service] as const))
  return new Map([...aliases, ...services.map(service => [service.hostname, service] as const)])
}

/** The service as this egress listener sees it: nothing, all of it, or only the port it listens on. */
function importedPorts(config: EgressConfig, service: Service): Service[] {
  if (!imports(config.hosts, service) || imports(config.excluded, service)) return []
  if (!config.port || config.port.protocol === 'HTTP_PROXY') return [service]
  const number = config.port.number
  return withPorts(service, new Set([number]))
}

function imports(hosts: readonly ScopedHost[], service: Service): boolean {
  return hostsForNamespace(hosts, service.namespace).some(host => isSubset(service.hostname, host))
}

function importsRoutes(config: EgressConfig, set: RouteSet): boolean {
  const hosts = hostsForNamespace(config.hosts, set.namespace)
  return set.hosts.some(name => hosts.some(host => hostsMatch(name, host)))
}

function withPorts(service: Service, numbers: ReadonlySet<number>): Service[] {
  const ports = service.ports.filter(port => numbers.has(port.number))
  if (ports.length === 0) return []
  if (ports.length === service.ports.length) return [service]
  return [trimmed.get([service, ports.map(port => port.number).join()], () => ({ ...service, ports }))]
}

const trimmed = new IdentityMemo<Service>()

/** Services that imported routes lead to come along, even where they are not imported themselves. */
function addDestinations(chosen: Chosen, set: RouteSet, namespace: string, visible: readonly Service[]): void {
  for (const [host, ports] of destinationPorts(set, namespace)) {
    const named = servicesByHost(visible).get(host) ?? []
    const known = chosen.get(host)
    const service = known
      ? named.find(entry => mergeable(entry, known))
      : (named.find(entry => entry.namespace === namespace) ?? named.find(entry => entry.platform) ?? named[0])
    if (service) for (const part of ports.has(0) ? [service] : withPorts(service, ports)) chosen.addLate(part)
  }
}

/** Where proxies send spans and logs: they must get there whatever the application may see. */
function collectors({ extensionProviders }: MeshSettings, visible: readonly Service[]): Service[] {
  return [...extensionProviders.values()].flatMap(provider => {
    if (!('service' in provider)) return []
    const { host, namespace, port } = provider.service
    const named = servicesByHost(visible).get(host) ?? []
    const service = named.find(entry => namespace === undefined || entry.namespace === namespace)
    return service ? withPorts(service, new Set([port])) : []
  })
}

const servicesByHost = remembering((services: readonly Service[]) => Map.groupBy(services, service => service.hostname))

/** Host -> ports that the rules for this namespace lead to; port 0: any. */
function destinationPorts(set: RouteSet, namespace: string): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  const add = ({ host, port }: Destination) => {
    const ports = found.get(host)
    if (ports) ports.add(port ?? 0)
    else found.set(host, new Set([port ?? 0]))
  }
  for (const rule of set.http) {
    const matches = rule.matches.length === 0 || rule.matches.some(match => isFrom(match.client.namespace, namespace))
    if (!matches || rule.action.kind !== 'forward') continue
    for (const destination of rule.action.destinations) add(destination)
    for (const mirror of rule.action.mirrors) add(mirror.destination)
  }
  for (const rule of [...set.tls, ...set.tcp]) {
    const matches = rule.matches.length === 0 || rule.matches.some(match => isFrom(match.client.namespace, namespace))
    if (matches) for (const destination of rule.destinations) add(destination)
  }
  return found
}

function isFrom(wanted: string, namespace: string): boolean {
  return wanted === '' || wanted === namespace
}

/** Chooses one service for each host name: the client's namespace before others, the platform's before entries, then the oldest. */
class Chosen {
  readonly #namespace: string
  readonly #candidates = new Map<string, Service[]>()
  #settled = new Map<string, Service>()

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  add(service: Service): void {
    const list = this.#candidates.get(service.hostname)
    if (list) list.push(service)
    else this.#candidates.set(service.hostname, [service])
  }

  settle(): void {
    this.#settled = new Map([...this.#candidates].map(([host, services]) => [host, this.#choose(services)]))
  }

  #choose(services: readonly Service[]): Service {
    const [first] = services
    if (!first) throw new Error('Cannot choose a service: expected at least one candidate')
    if (services.length === 1) return first
    const best =
      services.find(service => service.namespace === this.#namespace && service.platform) ??
      services.find(service => service.namespace === this.#namespace) ??
      services.find(service => service.platform) ??
      first
    return mergePorts(
      best,
      services.filter(service => service !== best && mergeable(best, service)),
    )
  }

  get(host: string): Service | undefined {
    return this.#settled.get(host)
  }

  addLate(service: Service): void {
    const known = this.#settled.get(service.hostname)
    this.#settled.set(service.hostname, known ? mergePorts(known, [service]) : service)
  }

  services(): ReadonlyMap<string, Service> {
    return this.#settled
  }

  /** Of these, the ones that were chosen; parts of the same service (other ports) become one. */
  among(services: readonly Service[]): readonly Service[] {
    const result = new Map<string, Service>()
    for (const service of services) {
      const winner = this.#settled.get(service.hostname)
      if (!winner || serviceKey(winner) !== serviceKey(service) || (winner.platform && !service.platform)) continue
      const known = result.get(service.hostname)
      if (!known) result.set(service.hostname, service)
      else if (mergeable(known, service)) result.set(service.hostname, mergePorts(known, [service]))
    }
    return [...result.values()]
  }
}

/** Whether two declarations of one name are parts of the same service. */
function mergeable(a: Service, b: Service): boolean {
  if (serviceKey(a) !== serviceKey(b) || a.platform !== b.platform) return false
  if (a.origin === b.origin) return true // the same service with other ports
  return (
    a.resolution === b.resolution &&
    labelsKey(a.selector ?? {}) === labelsKey(b.selector ?? {}) &&
    [...a.exportTo].sort().join() === [...b.exportTo].sort().join()
  )
}

const merged = new IdentityMemo<Service>()

function mergePorts(into: Service, others: readonly Service[]): Service {
  if (others.length === 0) return into
  return merged.get([into, ...others], () => {
    const ports = new Map(into.ports.map(port => [port.number, port]))
    for (const other of others) for (const port of other.ports) if (!ports.has(port.number)) ports.set(port.number, port)
    return ports.size === into.ports.length ? into : { ...into, ports: [...ports.values()] }
  })
}
