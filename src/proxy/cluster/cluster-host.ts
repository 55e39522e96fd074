/**
 * A host of a cluster: one address, what the assignment says of it, its connections and its counters. It stays the same object while its
 * address stays, so that connections and counters outlive endpoint updates.
 */
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import type { Host } from '../balance/host.ts'
import type { Labels } from '../balance/labels.ts'
import type { HttpPool } from '../pool/http-pool.ts'
import { HostStats } from './cluster-stats.ts'
import {
  addressText,
  type Endpoint,
  type EndpointCheck,
  type EndpointTraits,
  isUsable,
  type Locality,
  localityText,
  PLAIN_CHECK,
} from './endpoint.ts'
import type { Principals } from './host-principals.ts'
import type { Ejectable } from './outlier-detector.ts'
import type { TransportSocket } from './transport-socket.ts'

/** Where its connections go: an address, a unix socket, or a name to be resolved for each connection. */
export type HostTarget =
  | { readonly ip: string; readonly port: number }
  | { readonly ip: undefined; readonly name: string; readonly port: number }
  | { readonly path: string }

export interface HostOptions {
  readonly target: HostTarget
  /** Empty: its address. */
  readonly hostname: string
  readonly transportSocket: TransportSocket
  readonly check?: EndpointCheck
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The host was ejected or let in again, or active checks changed their mind. */
  readonly onHealth: () => void
}

const NO_METADATA: Readonly<Record<string, unknown>> = {}

export class ClusterHost implements Host, Ejectable {
  address: string
  ip: string
  readonly port: number
  readonly hostname: string
  target: HostTarget
  readonly transportSocket: TransportSocket
  weight = 1
  priority = 0
  locality = ''
  localityParts: Locality = { region: '', zone: '', subZone: '' }
  localityWeight = 0
  labels: Labels = new Map()
  metadata: Readonly<Record<string, unknown>> = NO_METADATA
  principals: Principals | undefined
  health: HealthStatus = 0
  healthy = true
  ejected = false
  /** The last active checks failed, or there was none yet. */
  failedCheck = false
  degradedCheck = false
  /** No active check has ended yet. */
  unknownCheck = false
  /** The last failure was a check without an answer. */
  checkTimedOut = false
  /** No longer assigned, and kept while it passes its checks. */
  leaving = false
  active = 0
  since: number
  readonly stats = new HostStats()
  /** By protocol, priority and, with auto_sni, name. */
  readonly pools = new Map<string, HttpPool>()
  readonly check: EndpointCheck
  readonly #now: () => number
  readonly #onHealth: () => void

  constructor({ target, hostname, transportSocket, check = PLAIN_CHECK, now, onHealth }: HostOptions) {
    this.since = now()
    this.#now = now
    this.check = check
    this.target = target
    this.transportSocket = transportSocket
    this.#onHealth = onHealth
    if ('path' in target) {
      this.address = target.path
      this.ip = ''
      this.port = 0
    } else {
      this.address = addressText(target.ip ?? target.name, target.port)
      this.ip = target.ip ?? ''
      this.port = target.port
    }
    this.hostname = hostname || this.address
  }

  get secure(): boolean {
    return this.transportSocket !== undefined
  }

  /** Takes over what an assignment says. @returns whether anything changed that balancing goes by */
  update(traits: EndpointTraits): boolean {
    const locality = localityText(traits.locality)
    const changed =
      this.weight !== traits.weight ||
      this.priority !== traits.priority ||
      this.locality !== locality ||
      this.localityWeight !== traits.localityWeight ||
      isUsable(this.health) !== isUsable(traits.health) ||
      !sameLabels(this.labels, traits.labels)
    this.weight = traits.weight
    this.priority = traits.priority
    this.locality = locality
    this.localityParts = traits.locality
    this.localityWeight = traits.localityWeight
    this.labels = traits.labels
    this.metadata = traits.metadata?.filterMetadata ?? NO_METADATA
    this.health = traits.health
    this.#judge()
    return changed
  }

  /** Logical DNS: new connections go to another address, those there are stay. */
  moveTo(ip: string): void {
    this.ip = ip
    this.address = addressText(ip, this.port)
    this.target = { ip, port: this.port }
  }

  setEjected(ejected: boolean): void {
    this.ejected = ejected
    this.#judge()
    this.#onHealth()
  }

  /** From now on it is checked actively: it counts as ill until the first check passes. */
  awaitCheck(): void {
    if (this.check.disabled) return
    this.failedCheck = true
    this.unknownCheck = true
    this.#judge()
  }

  /** It is well as far as active checks and the assignment go. */
  get passesChecks(): boolean {
    return !this.failedCheck && isUsable(this.health)
  }

  setChecked({ failed, degraded, timedOut }: { failed: boolean; degraded: boolean; timedOut: boolean }): void {
    const before = this.failedCheck
    const known = this.unknownCheck || before !== failed || this.degradedCheck !== degraded
    this.failedCheck = failed
    this.degradedCheck = degraded
    this.checkTimedOut = failed && timedOut
    this.unknownCheck = false
    this.#judge()
    if (before && !failed) this.since = this.#now()
    if (failed && !before) this.#abandonConnections()
    if (known) this.#onHealth()
  }

  /** @param health of the assignment, that a host may have which a session stays with */
  mayKeepSessions(health: ReadonlySet<HealthStatus>): boolean {
    return !this.ejected && !this.failedCheck && health.has(this.degradedCheck ? HealthStatus.DEGRADED : this.health)
  }

  /** Where it is checked: at its own address, unless the assignment names another. */
  checkTarget(): { readonly target: HostTarget; readonly address: string } {
    const { port, address } = this.check
    if (port === 0 && address === '') return { target: this.target, address: this.address }
    const at = { ip: address || this.ip, port: port || this.port }
    return { target: at, address: addressText(at.ip, at.port) }
  }

  #judge(): void {
    this.healthy = isUsable(this.health) && !this.ejected && !this.failedCheck
  }

  /** Requests under way finish; whoever comes later, in a panic, gets new connections. */
  #abandonConnections(): void {
    this.drain()
    this.pools.clear()
  }

  /** Connections end as they become idle; requests under way finish. */
  drain(): void {
    for (const pool of this.pools.values()) pool.drain()
  }

  /** Ends every connection at once. */
  destroy(): void {
    for (const pool of this.pools.values()) pool.destroy()
  }
}

/** The target of an endpoint whose name, if any, has been resolved. */
export function targetOf(endpoint: Pick<Endpoint, 'host' | 'port' | 'path'>): HostTarget {
  return endpoint.path === undefined ? { ip: endpoint.host, port: endpoint.port } : { path: endpoint.path }
}

function sameLabels(a: Labels, b: Labels): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}
