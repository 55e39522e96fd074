/**
 * Applies resources, of the bootstrap and of the control plane, in make-before-break order. Each resource is built whole before it replaces its
 * predecessor; one that can't be built is refused with its name and the reason, and the others go on. What is subscribed to follows from
 * what refers to it: endpoints from clusters, routes from listeners.
 */

import type { ReceivedResource, Rejections, Update } from '../../xds/client/client.ts'
import { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { ClusterLoadAssignment } from '../../xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import { Listener } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, SECRET, VIRTUAL_HOST } from '../../xds/wire/type-url.ts'
import type { ClusterSet } from '../cluster/cluster-set.ts'
import { compileRoutes } from '../route/compile.ts'
import type { ListenerSet } from './listener-set.ts'
import { OpenTables } from './open-tables.ts'
import type { ResourceStore } from './resource-store.ts'
import type { RouteSlots } from './routes.ts'
import type { SecretServers, SecretUpdates, Subscriptions } from './secret-updates.ts'

export interface ConfigurationParts {
  readonly clusters: ClusterSet
  readonly listeners: ListenerSet
  readonly routes: RouteSlots
  readonly secrets: SecretUpdates
  readonly store: ResourceStore
}

export class Configuration {
  readonly #parts: ConfigurationParts
  #subscriptions: Subscriptions = NOBODY
  /** Endpoint names by cluster. */
  readonly #endpointsOf = new Map<string, string>()
  readonly #subscribed = { endpoints: new Set<string>(), routes: new Set<string>(), virtualHosts: NONE }
  readonly #openTables = new OpenTables((name, table) => {
    const slot = this.#parts.routes.get(name)
    if (slot !== undefined) slot.table = table
  })

  constructor(parts: ConfigurationParts) {
    this.#parts = parts
  }

  /** A route configuration with the virtual hosts that came apart from it. */
  readonly wholeTable = (name: string, bytes: Uint8Array): Uint8Array => this.#openTables.whole(name, bytes)

  /** From here on, references are fetched. */
  connect(servers: SecretServers): void {
    this.#subscriptions = servers.ads
    this.#parts.secrets.connect(servers)
    this.#follow()
  }

  /** Resources of the bootstrap. @throws naming the first one that can't be used */
  applyStatic(clusters: readonly Cluster[], listeners: readonly Listener[]): void {
    for (const cluster of clusters) {
      this.#do(CLUSTER, cluster.name, () => this.#putCluster(cluster, false))
      this.#store(CLUSTER, cluster.name, Cluster.encode(cluster).finish(), '', true)
    }
    for (const [i, listener] of listeners.entries()) {
      // Envoy names those that have no name by random; ours can be found again.
      listener.name ||= `static_resources.listeners[${i}]`
      const active = this.#do(LISTENER, listener.name, () => this.#parts.listeners.put(listener))
      this.#store(LISTENER, listener.name, Listener.encode(listener).finish(), '', true, active)
    }
  }

  /** An update of the control plane. */
  readonly apply = (type: string, update: Update): Rejections | undefined => {
    if (type === VIRTUAL_HOST) return this.#applyVirtualHosts(update)
    if (type === SECRET) return this.#parts.secrets.apply({ kind: 'ads' }, update)
    const rejections = new Map<string, string>()
    for (const resource of update.updated) {
      try {
        const active = this.#put(type, resource)
        this.#store(type, resource.name, Buffer.from(resource.bytes), resource.version, false, active)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        rejections.set(resource.name, reason)
        this.#parts.store.refused(type, {
          name: resource.name,
          version: resource.version,
          reason,
          bytes: Buffer.from(resource.bytes),
        })
      }
    }
    for (const name of update.removed) this.#remove(type, name)
    if (type === ROUTE) this.#parts.listeners.awaitedCame()
    this.#follow()
    return rejections.size > 0 ? rejections : undefined
  }

  #applyVirtualHosts(update: Update): Rejections | undefined {
    const { store, listeners } = this.#parts
    const refused = this.#openTables.update(update)
    for (const { name, version, bytes } of update.updated) {
      const reason = refused.get(name)
      if (reason === undefined) this.#store(VIRTUAL_HOST, name, EMPTY, version, false)
      else store.refused(VIRTUAL_HOST, { name, version, reason, bytes: Buffer.from(bytes) })
    }
    for (const name of update.removed) store.removed(VIRTUAL_HOST, name)
    listeners.awaitedCame()
    return refused.size > 0 ? refused : undefined
  }

  /** @returns whether it is in use; false: it waits for something */
  #put(type: string, { name, bytes }: ReceivedResource): boolean {
    // A resource of the bootstrap is not replaced from outside.
    if (this.#parts.store.get(type, name)?.static === true)
      throw new Error(`"${name}" is part of the bootstrap, which is not replaced`)
    switch (type) {
      case CLUSTER:
        this.#do(type, name, () => this.#putCluster(Cluster.decode(bytes), true))
        return true
      case ENDPOINT:
        this.#do(type, name, () => this.#parts.clusters.putEndpoints(name, ClusterLoadAssignment.decode(bytes)))
        return true
      case LISTENER:
        return this.#do(type, name, () => this.#parts.listeners.put(Listener.decode(bytes)))
      case ROUTE: {
        const slot = this.#parts.routes.get(name)
        // Nobody asked for it, or no longer.
        if (slot === undefined) return true
        const config = RouteConfiguration.decode(bytes)
        if (config.vhds) this.#openTables.put(config)
        else {
          slot.table = compileRoutes(config)
          this.#openTables.close(name)
        }
        return true
      }
      default:
        throw new Error(`type "${type}" is not known here`)
    }
  }

  #putCluster(cluster: Cluster, addedViaApi: boolean): void {
    const endpoints = this.#parts.clusters.put(cluster, addedViaApi)
    if (endpoints === undefined) this.#endpointsOf.delete(cluster.name)
    else this.#endpointsOf.set(cluster.name, endpoints)
  }

  #remove(type: string, name: string): void {
    const { store, clusters, listeners } = this.#parts
    if (store.get(type, name)?.static === true) return
    if (type === CLUSTER || type === LISTENER) store.removed(type, name)
    switch (type) {
      case CLUSTER:
        this.#endpointsOf.delete(name)
        clusters.remove(name)
        break
      case LISTENER:
        listeners.remove(name)
        break
      case ENDPOINT:
        // What a cluster or listener refers to goes with it. Removed before, the last known goes on serving, as in Envoy.
        clusters.removeEndpoints(name)
    }
  }

  /** Subscribes to what is newly referred to, and forgets what no longer is. */
  #follow(): void {
    const { routes, store, listeners } = this.#parts
    const endpoints = new Set(this.#endpointsOf.values())
    this.#move(ENDPOINT, this.#subscribed.endpoints, endpoints)
    this.#subscribed.endpoints = endpoints
    const neededRoutes = listeners.neededRoutes()
    this.#move(ROUTE, this.#subscribed.routes, neededRoutes)
    this.#subscribed.routes = neededRoutes
    for (const name of routes.keepOnly(neededRoutes)) {
      store.removed(ROUTE, name)
      this.#openTables.close(name)
    }
    // As a whole: which hosts a table has only the control plane knows.
    const virtualHosts = this.#openTables.any ? EVERYTHING : NONE
    this.#move(VIRTUAL_HOST, this.#subscribed.virtualHosts, virtualHosts)
    this.#subscribed.virtualHosts = virtualHosts
    if (virtualHosts === NONE) this.#openTables.clear()
    this.#parts.secrets.follow()
  }

  #move(type: string, before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    const added = [...now].filter(name => !before.has(name))
    const gone = [...before].filter(name => !now.has(name))
    if (added.length > 0) this.#subscriptions.subscribe(type, added)
    if (gone.length > 0) this.#subscriptions.unsubscribe(type, gone)
    for (const name of gone) this.#parts.store.removed(type, name)
  }

  #store(type: string, name: string, bytes: Uint8Array, version: string, isStatic: boolean, active = true): void {
    this.#parts.store.accepted(type, { name, version, bytes, static: isStatic, state: active ? 'active' : 'warming' })
  }

  #do<T>(type: string, name: string, step: () => T): T {
    try {
      return step()
    } catch (error) {
      const kind = KINDS[type] ?? 'resource'
      throw new Error(`Cannot apply ${kind} "${name}": ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

const KINDS: Readonly<Record<string, string>> = {
  [CLUSTER]: 'cluster',
  [ENDPOINT]: 'endpoints',
  [LISTENER]: 'listener',
  [ROUTE]: 'route configuration',
  [VIRTUAL_HOST]: 'virtual host',
}

const EVERYTHING: ReadonlySet<string> = new Set(['*'])
const NONE: ReadonlySet<string> = new Set()
/** The bytes of virtual hosts are kept with their tables. */
const EMPTY = new Uint8Array()

const NOBODY: Subscriptions = { subscribe() {}, unsubscribe() {} }
