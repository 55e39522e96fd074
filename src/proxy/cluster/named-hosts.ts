/**
 * Hosts that a request names itself: the original destination of a captured connection (ORIGINAL_DST), or the authority it is for
 * (dynamic forward proxy).
 */
import { isIP } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Host, HostOdds, PickContext } from '../balance/host.ts'
import { ClusterHost, type HostTarget } from './cluster-host.ts'
import type { DiscoverySettings } from './cluster-settings.ts'
import type { ClusterStats } from './cluster-stats.ts'
import { addressText } from './endpoint.ts'
import type { HostKeeper, HostSource } from './host-source.ts'
import { OnDemandHosts } from './on-demand-hosts.ts'
import type { TransportSocket } from './transport-socket.ts'

type NamedTarget = Exclude<HostTarget, { readonly path: string }>

export interface NamedHostsOptions {
  readonly settings: Extract<DiscoverySettings, { kind: 'original-destination' | 'forward-proxy' }>
  readonly socket: TransportSocket
  readonly stats: ClusterStats
  readonly clock: Clock
  readonly keeper: HostKeeper
}

export class NamedHosts implements HostSource {
  readonly #options: NamedHostsOptions
  readonly #hosts: OnDemandHosts

  constructor(options: NamedHostsOptions) {
    this.#options = options
    const { settings, clock, keeper } = options
    const forward = settings.kind === 'forward-proxy'
    this.#hosts = new OnDemandHosts({
      clock,
      ttlMs: forward ? settings.hostTtlMs : settings.cleanupMs,
      maxHosts: forward ? settings.maxHosts : Number.POSITIVE_INFINITY,
      make: key => this.#make(key),
      onForgotten: host => {
        keeper.onRemoved(host)
        this.#count()
      },
    })
  }

  get hosts(): readonly ClusterHost[] {
    return this.#hosts.hosts
  }

  pick(context: PickContext): Host | undefined {
    const { settings } = this.#options
    const text = settings.kind === 'forward-proxy' ? context.authority : context.originalDestination
    const target = text === undefined ? undefined : this.#target(text)
    return target && this.#hosts.get(keyOf(target))
  }

  odds(context: PickContext): readonly HostOdds[] {
    const host = this.pick(context)
    return host ? [{ host, share: 1 }] : []
  }

  stop(): void {
    this.#hosts.stop()
  }

  #make(key: string): ClusterHost | undefined {
    const target = this.#target(key)
    if (!target) return undefined
    this.#count(1)
    const hostname = target.ip ?? target.name
    return new ClusterHost({
      target,
      hostname,
      transportSocket: this.#options.socket,
      now: () => this.#options.clock.now(),
      onHealth() {},
    })
  }

  #target(text: string): NamedTarget | undefined {
    const { settings } = this.#options
    const named = splitAuthority(text)
    if (!named) return undefined
    const { name } = named
    const literal = isIP(name) !== 0
    if (settings.kind === 'forward-proxy') {
      const port = named.port ?? settings.port
      return literal ? { ip: name, port } : { ip: undefined, name, port }
    }
    const port = settings.port ?? named.port
    return literal && port !== undefined ? { ip: name, port } : undefined
  }

  #count(more = 0): void {
    const { stats } = this.#options
    stats.membership_change++
    stats.membership_total = this.#hosts.size + more
    stats.membership_healthy = stats.membership_total
  }
}

/** One key for all ways to write a target. */
function keyOf(target: NamedTarget): string {
  return addressText(target.ip ?? target.name, target.port)
}

/** "name:80", "name", "10.0.0.1:80", "[::1]:80". @returns undefined when it is none of these */
export function splitAuthority(authority: string): { name: string; port: number | undefined } | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::(\d{1,5}))?$/.exec(authority)
  if (!found) return undefined
  const [, v6, plain = '', digits] = found
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined
  return { name: (v6 ?? plain).toLowerCase(), port }
}
