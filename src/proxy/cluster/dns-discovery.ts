/**
 * Endpoints of a cluster that is configured by names (STRICT_DNS: every address is a host; LOGICAL_DNS: the first one is): resolves them
 * again and again. A name that cannot be resolved keeps the addresses it had.
 */
import { isIP } from 'node:net'
import { Backoff } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Cluster_DnsLookupFamily } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { Endpoint } from './endpoint.ts'
import type { Resolver } from './resolver.ts'

export interface DnsSettings {
  readonly logical: boolean
  readonly family: Cluster_DnsLookupFamily
  /** Milliseconds. */
  readonly refreshMs: number
  /** While names cannot be resolved: exponential from the first to the second. */
  readonly failureRefreshMs: readonly [initial: number, max: number]
}

export interface DnsOptions {
  readonly settings: DnsSettings
  readonly clock: Clock
  readonly random: () => number
  readonly resolver: Resolver
  readonly stats: { update_attempt: number; update_success: number; update_failure: number }
  /** All endpoints there are now. Called first when every name was tried once; then with each change. */
  readonly onEndpoints: (endpoints: Endpoint[]) => void
}

interface Name {
  readonly endpoint: Endpoint
  readonly backoff: Backoff
  addresses: readonly string[]
  tried: boolean
  /** Ends the lookup or the wait under way. */
  cancel: () => void
}

export class DnsDiscovery {
  readonly #options: DnsOptions
  readonly #names: readonly Name[]

  constructor(endpoints: readonly Endpoint[], options: DnsOptions) {
    this.#options = options
    const { failureRefreshMs, refreshMs } = options.settings
    const [initialMs, maxMs] = failureRefreshMs
    this.#names = endpoints.map(endpoint => {
      const literal = endpoint.path !== undefined || isIP(endpoint.host) !== 0
      return {
        endpoint: { ...endpoint, hostname: endpoint.hostname || endpoint.host },
        backoff: new Backoff({ initialMs, maxMs: Math.max(initialMs, maxMs, refreshMs), jitter: 0.5, random: options.random }),
        addresses: literal ? [endpoint.host] : [],
        tried: literal,
        cancel() {},
      }
    })
  }

  start(): void {
    const open = this.#names.filter(name => !name.tried)
    for (const name of open) this.#resolve(name)
    if (open.length === 0) this.#publish()
  }

  stop(): void {
    for (const name of this.#names) name.cancel()
  }

  #resolve(name: Name): void {
    const { resolver, settings, stats, clock } = this.#options
    stats.update_attempt++
    name.cancel = resolver.resolve(name.endpoint.host, settings.family, (error, found) => {
      const first = !name.tried
      name.tried = true
      const addresses = settings.logical ? found.slice(0, 1) : found
      const changed = !error && !sameSet(addresses, name.addresses)
      if (changed) name.addresses = addresses
      if (error) stats.update_failure++
      else {
        stats.update_success++
        name.backoff.reset()
      }
      name.cancel = clock.after(error ? name.backoff.next() : settings.refreshMs, () => this.#resolve(name))
      if (first || changed) this.#publish()
    })
  }

  #publish(): void {
    if (this.#names.some(name => !name.tried)) return
    this.#options.onEndpoints(this.#names.flatMap(({ endpoint, addresses }) => addresses.map(host => ({ ...endpoint, host }))))
  }
}

/** Resolvers rotate their answers, which is no change. */
function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(address => b.includes(address))
}
