/**
 * Who is at the other end, as far as telemetry knows: of an endpoint from its metadata, of a client from its certificate, whose subject the
 * mesh's authority fills in (lib/peer-fields.ts). Never for deciding who may do what.
 */
import { type PeerFields, readPeerText, readSubject } from '../../lib/peer-fields.ts'
import type { Host } from '../balance/host.ts'
import type { Connection } from '../listener/connection.ts'

/** Absent: not known. */
export interface Peer extends Partial<PeerFields> {
  /** SPIFFE id. */
  readonly principal?: string
}

const NOBODY: Peer = {}
const hosts = new WeakMap<object, Peer>()
const connections = new WeakMap<Connection, Peer>()

/** Made once per version of the endpoint's metadata. */
export function peerOfHost({ metadata, principals }: Host): Peer {
  if (metadata === undefined) return NOBODY
  const before = hosts.get(metadata)
  if (before !== undefined && before.principal === principals?.peer) return before
  const istio = metadata['istio']
  const text = typeof istio === 'object' && istio !== null && 'workload' in istio ? istio.workload : undefined
  const fields = typeof text === 'string' ? readPeerText(text) : undefined
  const peer = withPrincipal(fields ?? {}, principals?.peer)
  hosts.set(metadata, peer)
  return peer
}

/** Made once per connection. */
export function peerOfConnection(connection: Connection): Peer {
  const { peer: certificate } = connection
  if (certificate === undefined) return NOBODY
  const before = connections.get(connection)
  if (before !== undefined) return before
  const peer = withPrincipal(readSubject(certificate.subject), certificate.uriSans.find(isSpiffe))
  connections.set(connection, peer)
  return peer
}

export function isSpiffe(name: string): boolean {
  return name.startsWith('spiffe://')
}

/** The namespace of a certificate is beyond doubt. */
export function withPrincipal(fields: Partial<PeerFields>, principal: string | undefined): Peer {
  if (principal === undefined) return fields
  const namespace = /\/ns\/([^/]+)/.exec(principal)?.[1]
  return { ...fields, ...(namespace !== undefined && { namespace }), principal }
}
