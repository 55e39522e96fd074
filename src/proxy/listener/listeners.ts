/**
 * All listeners of the process: swaps new versions in without closing sockets, drains what is replaced, hands redirected connections over.
 */
import type { Socket } from 'node:net'
import type { ProxyContext } from '../context.ts'
import type { FilterChain } from './filter-chain.ts'
import { addressText } from './listen-address.ts'
import { ListenSocket } from './listen-socket.ts'
import type { Listener } from './listener.ts'

export interface DrainSettings {
  /** How long connections of replaced filter chains may go on. Envoy's --drain-time-s. */
  readonly drainTimeMs: number
  readonly strategy: 'gradual' | 'immediate'
}

/** A filter chain that no new connection reaches, until its last connection is gone. */
interface Leaving {
  readonly listener: string
  readonly chain: FilterChain
  readonly timer: NodeJS.Timeout
}

export class Listeners {
  readonly #context: ProxyContext
  readonly #drainSettings: DrainSettings
  readonly #byName = new Map<string, Listener>()
  readonly #byAddress = new Map<string, Listener>()
  readonly #sockets = new Map<string, ListenSocket>()
  readonly #leaving = new Set<Leaving>()
  #stopped = false

  constructor(context: ProxyContext, drainSettings: DrainSettings) {
    this.#context = context
    this.#drainSettings = drainSettings
  }

  get(name: string): Listener | undefined {
    return this.#byName.get(name)
  }

  all(): Iterable<Listener> {
    return this.#byName.values()
  }

  /** The listener with an address, other than `name`: two may not share one. */
  taken(listener: Listener): Listener | undefined {
    const other = this.#byAddress.get(keyOf(listener))
    return other?.name === listener.name ? undefined : other
  }

  /** The port a listener is bound to; the configured one for listeners that are not bound. */
  portOf(listener: Listener): number {
    const bound = this.#sockets.get(keyOf(listener))?.port
    return bound || ('path' in listener.address ? 0 : listener.address.port)
  }

  /** Puts a listener in the place of the one with its name; connections of filter chains that are gone drain. */
  put(listener: Listener): void {
    const key = keyOf(listener)
    const before = this.#byName.get(listener.name)
    if (before !== undefined && (keyOf(before) !== key || (before.bindToPort && !listener.bindToPort))) this.#unbind(before)
    this.#byName.set(listener.name, listener)
    this.#byAddress.set(key, listener)
    if (listener.bindToPort && !this.#stopped) this.#bind(listener, key)
    if (before !== undefined) this.#leave(before, new Set(listener.chains))
  }

  /** Resolves when every listener put so far is bound, or was tried in vain. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#sockets.values(), socket => socket.tried))
  }

  /** Why a listener does not accept; undefined when it does, or is not meant to. */
  bindError(listener: Listener): string | undefined {
    return this.#sockets.get(keyOf(listener))?.error
  }

  remove(name: string): void {
    const listener = this.#byName.get(name)
    if (listener === undefined) return
    this.#byName.delete(name)
    this.#unbind(listener)
    this.#leave(listener, new Set())
  }

  /** Accepts nothing more. */
  stop(): void {
    this.#stopped = true
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  /** Asks every connection to end when what is under way has. */
  drainConnections(): void {
    for (const chain of this.#chains()) for (const open of chain.open) open.drain()
  }

  /** Connections that are open, those of replaced listeners included. */
  get connections(): number {
    let count = 0
    for (const chain of this.#chains()) count += chain.open.size
    return count
  }

  /** Filter chains on their way out. */
  get draining(): number {
    return this.#leaving.size
  }

  destroy(): void {
    this.stop()
    for (const chain of this.#chains()) chain.destroy()
    for (const { timer } of this.#leaving) clearTimeout(timer)
  }

  *#chains(): Iterable<FilterChain> {
    for (const listener of this.#byName.values()) yield* listener.chains
    for (const { chain } of this.#leaving) yield chain
  }

  #accept(name: string, socket: Socket): void {
    const listener = this.#byName.get(name)
    if (listener === undefined) socket.destroy()
    else listener.accept(socket, this.#find)
  }

  readonly #find = (address: string, port: number): Listener | undefined =>
    listenerOf(key => this.#byAddress.get(key), address, port)

  #bind(listener: Listener, key: string): void {
    const onConnection = (accepted: Socket) => this.#accept(listener.name, accepted)
    const socket = this.#sockets.get(key)
    if (socket !== undefined) {
      socket.onConnection = onConnection
      return
    }
    const opened = new ListenSocket(listener.address, listener.backlog, onConnection, error => {
      if (error === undefined)
        this.#context.log('info', 'listener', `"${listener.name}" listens on ${addressText(listener.address)}`)
      else this.#context.log('error', 'listener', `Listener "${listener.name}" does not accept: ${error}; it tries again`)
    })
    this.#sockets.set(key, opened)
    opened.open()
  }

  #unbind(listener: Listener): void {
    const key = keyOf(listener)
    if (this.#byAddress.get(key)?.name === listener.name) this.#byAddress.delete(key)
    this.#sockets.get(key)?.close()
    this.#sockets.delete(key)
  }

  /** Connections of filter chains that are not in `kept` have the drain time to end by themselves. */
  #leave(listener: Listener, kept: ReadonlySet<FilterChain>): void {
    const { drainTimeMs, strategy } = this.#drainSettings
    for (const chain of listener.chains) {
      if (kept.has(chain) || chain.open.size === 0) continue
      chain.drain.start(strategy, drainTimeMs)
      const timer = setTimeout(() => {
        this.#leaving.delete(leaving)
        chain.destroy()
      }, drainTimeMs).unref()
      const leaving = { listener: listener.name, chain, timer }
      this.#leaving.add(leaving)
    }
    this.#context.log('debug', 'listener', `"${listener.name}": ${this.#leaving.size} filter chains draining`)
  }
}

/** The listener of a restored destination: its own address, else the wildcard of its port. @param at by addressText() */
export function listenerOf<T>(at: (key: string) => T | undefined, address: string, port: number): T | undefined {
  return at(addressText({ host: address, port })) ?? at(`0.0.0.0:${port}`) ?? at(`[::]:${port}`)
}

/** Two listeners with one key would take each other's connections. Port 0 is another port for each. */
function keyOf({ address, name }: Listener): string {
  return 'port' in address && address.port === 0 ? `${addressText(address)} ${name}` : addressText(address)
}
