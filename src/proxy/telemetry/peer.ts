/**
 * Who is at the other end, as far as telemetry knows: of an endpoint from its metadata, of a client from its certificate, whose subject the
 * mesh's authority fills in (model: lib/workload-subject.ts). Never for deciding who may do what.
 */
import { type PeerFields, readSubject } from '../../lib/workload-subject.ts'
import type { Host } from '../balance/host.ts'
import type { Connection } from '../listener/connection.ts'

/** Absent: not known. */
export interface Peer extends Partial<PeerFields> {
  /** SPIFFE id. */
  readonly principal?: string
}

/** The namespace of filter_metadata that says who an endpoint is. */
export const PEER = 'istio.peer'

const NOBODY: Peer = {}
const known = new WeakMap<object, Peer>()

/** Made once per version of the endpoint's metadata. */
export function peerOfHost({ metadata }: Host): Peer {
  const fields = metadata?.[PEER]
  if (typeof fields !== 'object' || fields === null) return NOBODY
  const before = known.get(fields)
  if (before !== undefined) return before
  const peer = Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string'))
  known.set(fields, peer)
  return peer
}

/** Made once per connection. */
export function peerOfConnection(connection: Connection): Peer {
  const { peer: certificate } = connection
  if (certificate === undefined) return NOBODY
  const before = known.get(connection)
  if (before !== undefined) return before
  const principal = certificate.uriSans.find(name => name.startsWith('spiffe://'))
  const namespace = principal === undefined ? undefined : /\/ns\/([^/]+)/.exec(principal)?.[1]
  const peer: Peer = {
    ...readSubject(certificate.subject),
    ...(namespace !== undefined && { namespace }),
    ...(principal !== undefined && { principal }),
  }
  known.set(connection, peer)
  return peer
}
