/**
 * A host of a cluster: one address, what the assignment says of it, its connections and its counters. It stays the same object while its
 * address stays, so that connections and counters outlive endpoint updates.
 */
import type { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import type { Host } from '../balance/host.ts'
import type { Labels } from '../balance/labels.ts'
import type { HttpPool } from '../pool/http-pool.ts'
import { HostStats } from './cluster-stats.ts'
import { addressText, type Endpoint, type EndpointTraits, isUsable, type Locality, localityText } from './endpoint.ts'
import type { Ejectable } from './outlier-detector.ts'
import type { TransportSocket } from './transport-socket.ts'

/** Where its connections go: an address, a unix socket, or a name to be resolved for each connection. */
export type HostTarget =
  | { readonly ip: string; readonly port: number }
  | { readonly ip: undefined; readonly name: string; readonly port: number }
  | { readonly path: string }

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
  health: HealthStatus = 0
  healthy = true
  ejected = false
  active = 0
  readonly stats = new HostStats()
  /** By protocol, priority and, with auto_sni, name. */
  readonly pools = new Map<string, HttpPool>()
  readonly #onHealth: () => void

  /** @param onHealth called when the host was ejected or let in again */
  constructor(target: HostTarget, hostname: string, transportSocket: TransportSocket, onHealth: () => void) {
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
    this.health = traits.health
    this.healthy = isUsable(this.health) && !this.ejected
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
    this.healthy = isUsable(this.health) && !ejected
    this.#onHealth()
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
