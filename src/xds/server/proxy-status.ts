/**
 * What the server knows of each connected proxy: for the status page, `mizzen` commands and tests.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import { NOTHING } from './holdings.ts'
import type { Lane, Mark, Refusal } from './lane.ts'
import type { Snapshot } from './source.ts'

/**
 * NOT SENT: it subscribed, and there was nothing to send. SYNCED: it accepted all there is. STALE: something is on its way, or waits
 * for its turn. NACKED: it refused something, and keeps what it had before.
 */
export type SyncState = 'SYNCED' | 'STALE' | 'NACKED' | 'NOT SENT'

export interface TypeStatus {
  /** Type URL. */
  readonly type: string
  readonly state: SyncState
  /** Everything of the type is subscribed. */
  readonly wildcard: boolean
  /** How many names are subscribed. */
  readonly names: number
  readonly sent?: Mark
  readonly acked?: Mark
  readonly refusal?: Refusal
  /** The resources that were refused and will not be sent again until they change. */
  readonly refused: readonly string[]
}

export interface ProxyStatus {
  /** Distinguishes the streams of one proxy: during a reconnection there may be two. */
  readonly stream: string
  /** `Node.id` */
  readonly node: string
  readonly cluster: string
  /** Of the peer, or the path of the unix socket. */
  readonly address: string
  /** `envoy`, `mizzen`, `gRPC Node.js`...: `Node.user_agent_name`. */
  readonly engine: string
  readonly version: string
  readonly protocol: 'delta' | 'sotw'
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  readonly types: readonly TypeStatus[]
}

export function typeStatus(lane: Lane, snapshot: Snapshot | undefined): TypeStatus {
  const { sent, acked, refusal, holdings } = lane
  return {
    type: lane.type,
    state: syncState(lane, snapshot),
    wildcard: holdings.wildcard,
    names: holdings.names.size,
    ...(sent && { sent }),
    ...(acked && { acked }),
    ...(refusal && { refusal }),
    refused: [...holdings.refused],
  }
}

function syncState(lane: Lane, snapshot: Snapshot | undefined): SyncState {
  if (lane.refusal) return 'NACKED'
  if (lane.inFlight) return 'STALE'
  if (!snapshot) return lane.sent ? 'STALE' : 'NOT SENT'
  if (!lane.isCurrent(snapshot.get(lane.type) ?? NOTHING)) return 'STALE'
  return lane.sent || lane.acked || lane.resumed ? 'SYNCED' : 'NOT SENT'
}

/** `1.40.0` from the structured version, else whatever the proxy calls its version. */
export function engineVersion(node: Node): string {
  const version = node.userAgentVersionType
  if (version?.$case === 'userAgentVersion') return version.value
  const number = version?.value.version
  return number ? `${number.majorNumber}.${number.minorNumber}.${number.patch}` : ''
}
