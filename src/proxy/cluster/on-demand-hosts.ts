/**
 * Hosts of a cluster that nobody lists: made when a request asks for them (original destination, dynamic forward proxy), forgotten when
 * nothing has asked for a while.
 */
import type { Clock } from '../../lib/clock.ts'
import type { ClusterHost } from './cluster-host.ts'

export interface OnDemandOptions {
  readonly clock: Clock
  /** Milliseconds without use until a host is forgotten; it may last twice as long. */
  readonly ttlMs: number
  readonly maxHosts: number
  /** @returns undefined: the key does not name a host */
  readonly make: (key: string) => ClusterHost | undefined
  /** Its connections are to be drained. */
  readonly onForgotten: (host: ClusterHost) => void
}

interface Entry {
  readonly host: ClusterHost
  used: boolean
}

export class OnDemandHosts {
  readonly #options: OnDemandOptions
  readonly #entries = new Map<string, Entry>()
  #cancelSweep: (() => void) | undefined

  constructor(options: OnDemandOptions) {
    this.#options = options
  }

  get hosts(): ClusterHost[] {
    return [...this.#entries.values()].map(entry => entry.host)
  }

  get size(): number {
    return this.#entries.size
  }

  /** @returns undefined when the key names no host, or when there are too many */
  get(key: string): ClusterHost | undefined {
    const known = this.#entries.get(key)
    if (known) {
      known.used = true
      return known.host
    }
    if (this.#entries.size >= this.#options.maxHosts) return undefined
    const host = this.#options.make(key)
    if (!host) return undefined
    this.#entries.set(key, { host, used: true })
    if (!this.#cancelSweep) this.#scheduleSweep()
    return host
  }

  stop(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#options.clock.after(this.#options.ttlMs, () => this.#sweep())
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    for (const [key, entry] of this.#entries) {
      if (entry.used || entry.host.active > 0) {
        entry.used = false
        continue
      }
      this.#entries.delete(key)
      this.#options.onForgotten(entry.host)
    }
    if (this.#entries.size > 0) this.#scheduleSweep()
  }
}
