/**
 * Listener resources on their way into use: built, made to wait for the routes and secrets they refer to (warming), then put in the place of the
 * version before.
 */
import type { Listener as Config } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import type { ProxyContext } from '../context.ts'
import { endOf } from '../listener/connection.ts'
import { addressText } from '../listener/listen-address.ts'
import { Listener } from '../listener/listener.ts'
import type { Listeners } from '../listener/listeners.ts'
import type { BuildNetworkFilter } from '../listener/network-filters.ts'
import type { SecretSlot } from '../tls/secrets.ts'
import type { RouteSlot, RouteSlots } from './routes.ts'

/** Something that a listener refers to, and that comes apart from it. */
interface Awaited {
  readonly has: () => boolean
  readonly fetchTimeoutMs: number
}

interface Warming {
  readonly listener: Listener
  readonly waitsFor: readonly Awaited[]
  readonly timer: NodeJS.Timeout | undefined
}

export class ListenerSet {
  readonly #context: ProxyContext
  readonly #listeners: Listeners
  readonly #routes: RouteSlots
  readonly #build: BuildNetworkFilter
  readonly #warming = new Map<string, Warming>()
  readonly #onActive: (name: string) => void

  /** @param onActive told when a listener that was warming is in use */
  constructor(
    context: ProxyContext,
    listeners: Listeners,
    routes: RouteSlots,
    build: BuildNetworkFilter,
    onActive: (name: string) => void,
  ) {
    this.#context = context
    this.#listeners = listeners
    this.#routes = routes
    this.#build = build
    this.#onActive = onActive
  }

  get warming(): number {
    return this.#warming.size
  }

  /** @returns whether it is in use; false: it waits for routes or secrets @throws with the reason when it can't be used: the version before goes on */
  put(config: Config): boolean {
    const before = this.#warming.get(config.name)?.listener ?? this.#listeners.get(config.name)
    const listener = new Listener(config, this.#context, this.#build, before)
    const other = this.#listeners.taken(listener)
    if (other !== undefined) throw new Error(`its address ${addressText(listener.address)} is that of listener "${other.name}"`)
    this.#context.denialNotes.put(config.name, config.metadata)
    this.#cancelWarming(config.name)
    const waitsFor = awaitedBy(listener, this.#routes).filter(({ has }) => !has())
    if (waitsFor.length === 0) {
      this.#listeners.put(listener)
      return true
    }
    const fetchTimeouts = waitsFor.map(slot => slot.fetchTimeoutMs)
    const timer = fetchTimeouts.includes(0)
      ? undefined
      : setTimeout(() => this.#activate(config.name), Math.max(...fetchTimeouts)).unref()
    this.#warming.set(config.name, { listener, waitsFor, timer })
    return false
  }

  remove(name: string): void {
    this.#cancelWarming(name)
    this.#context.denialNotes.put(name, undefined)
    this.#listeners.remove(name)
  }

  /** Routes or secrets have come: whoever waited for nothing else goes into use. */
  awaitedCame(): void {
    for (const [name, { waitsFor }] of this.#warming) if (waitsFor.every(({ has }) => has())) this.#activate(name)
  }

  /** Names of the route configurations that listeners refer to, in use or warming. */
  neededRoutes(): Set<string> {
    const names = new Set<string>()
    for (const listener of this.#all()) for (const slot of slotsOf(listener, this.#routes)) names.add(slot.name)
    return names
  }

  /** What TLS contexts of listeners refer to, in use or warming. */
  *neededSecrets(): Iterable<SecretSlot> {
    for (const listener of this.#all()) for (const { tls } of listener.chains) if (tls) yield* tls.secrets
  }

  #all(): Listener[] {
    return [...this.#listeners.all(), ...Array.from(this.#warming.values(), warming => warming.listener)]
  }

  #activate(name: string): void {
    const warming = this.#warming.get(name)
    if (warming === undefined) return
    this.#cancelWarming(name)
    this.#listeners.put(warming.listener)
    this.#onActive(name)
  }

  #cancelWarming(name: string): void {
    clearTimeout(this.#warming.get(name)?.timer)
    this.#warming.delete(name)
  }
}

function awaitedBy(listener: Listener, routes: RouteSlots): Awaited[] {
  const tables = slotsOf(listener, routes).map(slot => ({
    has: () => slot.table !== undefined,
    fetchTimeoutMs: slot.fetchTimeoutMs,
  }))
  const secrets = listener.chains.flatMap(({ tls }) => tls?.secrets ?? [])
  return [...tables, ...secrets.map(slot => ({ has: () => slot.secret !== undefined, fetchTimeoutMs: slot.fetchTimeoutMs }))]
}

function slotsOf(listener: Listener, routes: RouteSlots): RouteSlot[] {
  const slots: RouteSlot[] = []
  for (const { filter } of listener.chains) {
    const name = endOf(filter).routeSource?.name
    const slot = name === undefined ? undefined : routes.get(name)
    if (slot !== undefined && !slots.includes(slot)) slots.push(slot)
  }
  return slots
}
