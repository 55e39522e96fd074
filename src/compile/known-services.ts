/** Services and everything that makes them up, from the objects of several kinds: the part of compilation where they come together. */
import { IdentityMemo } from '../lib/identity-memo.ts'
import { compareAge } from '../model/age.ts'
import { type Alias, type Endpoint, type Service, type ServiceEndpoints, serviceKey } from '../model/service.ts'
import type { MeshSettings } from '../model/settings.ts'
import { ceilingOf } from '../model/visibility.ts'
import { type Workload, workloadKey } from '../model/workload.ts'
import { listedEndpoints, listedPods, listingsByService, selectedEndpoints } from './endpoints.ts'
import { endpointByName, entryEndpoints } from './entry-endpoints.ts'
import type { Objects } from './objects.ts'
import { aliasOf, compileService, type NameAlias } from './service.ts'
import { compileServiceEntry } from './service-entry.ts'
import { virtualAddresses } from './virtual-addresses.ts'

export interface KnownServices {
  readonly services: readonly Service[]
  readonly endpoints: ReadonlyMap<string, ServiceEndpoints>
}

const services = new IdentityMemo<Service>()
const entries = new IdentityMemo<readonly Service[]>()
const named = new IdentityMemo<Service>()
const made = new IdentityMemo<ServiceEndpoints>()

/**
 * The same object as long as no list that services are made of has changed.
 *
 * @param range where Services without an address get one from; "": nowhere
 * @param outside further services, whose addresses DNS knows
 */
export function knownServices(
  objects: Objects,
  settings: MeshSettings,
  workloads: readonly Workload[],
  range: string,
  outside: readonly Service[],
): KnownServices {
  const { Service, ServiceEntry, WorkloadEntry, EndpointSlice, Endpoints } = objects
  const namespaces = settings.entryVisibility ? objects.Namespace : undefined
  const inputs = [Service, ServiceEntry, WorkloadEntry, EndpointSlice, Endpoints, workloads, settings, outside, namespaces, range]
  return all.get(inputs, () => computeServices(objects, settings, workloads, range, outside))
}

const all = new IdentityMemo<KnownServices>()

function computeServices(
  objects: Objects,
  settings: MeshSettings,
  workloads: readonly Workload[],
  range: string,
  outside: readonly Service[],
): KnownServices {
  const addresses = virtualAddresses(objects.Service, range)
  const aliases = objects.Service.flatMap(object => aliasOf(object, settings) ?? [])
  const pods = new PodIndex(workloads)
  const listings = listingsByService(objects.EndpointSlice, objects.Endpoints)
  const found: Service[] = []
  const endpoints = new Map<string, ServiceEndpoints>()
  const add = (service: Service, its: ServiceEndpoints) => {
    found.push(service)
    const key = serviceKey(service)
    const known = endpoints.get(key)
    endpoints.set(key, known ? made.get([known, its], () => union(known, its)) : its)
  }

  for (const object of objects.Service) {
    if (aliasOf(object, settings)) continue
    const address = addresses.get(object)
    const service = services.get([object, settings, address ?? ''], () => compileService(object, settings, address))
    const listed = listings.get(`${object.namespace}/${object.name}`)
    const chosen = listed ? listedPods(listed, pods.byName(object.namespace)) : pods.selected(service)
    const inputs = listed ? [...listed, ...chosen] : chosen
    add(
      service,
      made.get([service, ...inputs], () =>
        listed
          ? listedEndpoints(object, service, listed, pods.byName(object.namespace))
          : selectedEndpoints(service, chosen, object.spec.publishNotReadyAddresses === true),
      ),
    )
  }
  const labels = new Map(settings.entryVisibility ? objects.Namespace.map(each => [each.name, each.labels]) : [])
  for (const object of objects.ServiceEntry) {
    const ceiling =
      settings.entryVisibility && ceilingOf(settings.entryVisibility, object.namespace, labels.get(object.namespace) ?? {})
    for (const service of entries.get([object, settings, ceiling], () => compileServiceEntry(object, settings, ceiling))) {
      const chosen = service.selector ? pods.ofNamespace(object.namespace) : []
      const others = service.selector ? objects.WorkloadEntry.filter(entry => entry.namespace === object.namespace) : []
      add(
        service,
        made.get([service, ...chosen, ...others], () => entryEndpoints(object, service, chosen, others)),
      )
    }
  }
  for (const service of outside) {
    add(
      service,
      made.get([service], () => externalEndpoints(service, service.hostname)),
    )
  }
  const hosts = new Set(found.map(service => service.hostname))
  const targets = new Map(aliases.map(alias => [alias.hostname, alias.target]))
  for (const object of objects.Service) {
    const alias = aliasOf(object, settings)
    const target = alias && finalTarget(alias.target, targets)
    if (target === undefined || hosts.has(target)) continue
    const service = services.get([object, settings, target], () => ({
      ...compileService(object, settings, undefined),
      resolution: 'dns',
    }))
    add(
      service,
      made.get([service, target], () => externalEndpoints(service, target)),
    )
  }
  return { services: withAliases(found, aliases, targets).sort(compareAge), endpoints }
}

/** Names from ExternalName services are given to the service they stand for. */
function withAliases(all: readonly Service[], aliases: readonly NameAlias[], targets: ReadonlyMap<string, string>): Service[] {
  if (aliases.length === 0) return [...all]
  const byTarget = Map.groupBy(aliases, alias => finalTarget(alias.target, targets))
  return all.map(service => {
    const mine = byTarget.get(service.hostname)
    if (!mine) return service
    const names = mine.map(({ hostname, namespace }): Alias => ({ hostname, namespace }))
    return named.get([service, ...names.flatMap(name => [name.hostname, name.namespace])], () => ({ ...service, aliases: names }))
  })
}

/** A name outside of the mesh is looked up in DNS. */
function externalEndpoints(service: Service, target: string): ServiceEndpoints {
  return new Map(service.ports.map(port => [port.number, [endpointByName(service, target, port.number)]]))
}

/** An alias may stand for another; a circle ends where it began. */
function finalTarget(target: string, targets: ReadonlyMap<string, string>): string {
  const seen = new Set<string>()
  let at = target
  while (!seen.has(at)) {
    seen.add(at)
    at = targets.get(at) ?? at
  }
  return at
}

function union(a: ServiceEndpoints, b: ServiceEndpoints): ServiceEndpoints {
  const all = new Map<number, readonly Endpoint[]>(a)
  for (const [port, endpoints] of b) all.set(port, [...(all.get(port) ?? []), ...endpoints])
  return all
}

/** Pods by namespace and label, so that a service need not look at all of them. */
class PodIndex {
  readonly #byNamespace: ReadonlyMap<string, readonly Workload[]>
  readonly #byLabel = new Map<string, Workload[]>()
  readonly #byName = new Map<string, ReadonlyMap<string, Workload>>()

  constructor(workloads: readonly Workload[]) {
    this.#byNamespace = Map.groupBy(workloads, workload => workload.namespace)
    for (const workload of workloads) {
      for (const [key, value] of Object.entries(workload.labels)) {
        const text = labelKey(workload.namespace, key, value)
        const list = this.#byLabel.get(text)
        if (list) list.push(workload)
        else this.#byLabel.set(text, [workload])
      }
    }
  }

  ofNamespace(namespace: string): readonly Workload[] {
    return this.#byNamespace.get(namespace) ?? []
  }

  /** Those that the service's selector might pick: they have one of its labels, the one that the fewest have. */
  selected(service: Service): readonly Workload[] {
    const lists = Object.entries(service.selector ?? {}).map(
      ([key, value]) => this.#byLabel.get(labelKey(service.namespace, key, value)) ?? [],
    )
    return lists.sort((a, b) => a.length - b.length)[0] ?? []
  }

  /** By workload key and by address. */
  byName(namespace: string): ReadonlyMap<string, Workload> {
    const known = this.#byName.get(namespace)
    if (known) return known
    const names = new Map<string, Workload>()
    for (const workload of this.ofNamespace(namespace)) {
      names.set(workloadKey(workload), workload)
      if (workload.capture.kind === 'redirect') for (const address of workload.addresses) names.set(address, workload)
    }
    this.#byName.set(namespace, names)
    return names
  }
}

function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`
}
