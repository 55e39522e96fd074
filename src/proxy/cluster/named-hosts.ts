/**
 * Hosts that a request names itself: the original destination of a captured connection (ORIGINAL_DST), or the authority it is for
 * (dynamic forward proxy).
 */
import { isIP } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Host, PickContext } from '../balance/host.ts'
import { ClusterHost, type HostTarget } from './cluster-host.ts'
import type { DiscoverySettings } from './cluster-settings.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { HostKeeper, HostSource } from './host-source.ts'
import { OnDemandHosts } from './on-demand-hosts.ts'
import type { TransportSocket } from './transport-socket.ts'

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
    const key = this.#options.settings.kind === 'forward-proxy' ? context.authority : context.originalDestination
    return key === undefined ? undefined : this.#hosts.get(key)
  }

  stop(): void {
    this.#hosts.stop()
  }

  #make(key: string): ClusterHost | undefined {
    const { settings, socket } = this.#options
    const named = splitAuthority(key)
    if (!named) return undefined
    const { name } = named
    let target: HostTarget
    if (settings.kind === 'original-destination') {
      const port = settings.port ?? named.port
      if (isIP(name) === 0 || port === undefined) return undefined
      target = { ip: name, port }
    } else {
      const port = named.port ?? settings.port
      target = isIP(name) === 0 ? { ip: undefined, name, port } : { ip: name, port }
    }
    const host = new ClusterHost(target, name, socket, () => {})
    this.#count(1)
    return host
  }

  #count(more = 0): void {
    const { stats } = this.#options
    stats.membership_change++
    stats.membership_total = this.#hosts.size + more
    stats.membership_healthy = stats.membership_total
  }
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
