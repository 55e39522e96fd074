/**
 * SPIFFE ids of both ends of the connections to a host, for metrics. Read at the first connection only: they stay the same until the pod is replaced,
 * and the host with it.
 */
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { alternativeNames } from '../tls/san-match.ts'

export interface Principals {
  /** undefined: its certificate has none. */
  readonly peer: string | undefined
  readonly own: string | undefined
}

/** @param socket connected, with its handshake over */
export function notePrincipals(host: { principals?: Principals | undefined }, socket: Socket): void {
  if (host.principals !== undefined || !(socket instanceof process.getBuiltinModule('node:tls').TLSSocket)) return
  host.principals = { peer: spiffeOf(socket.getPeerX509Certificate()), own: spiffeOf(socket.getX509Certificate()) }
}

function spiffeOf(certificate: X509Certificate | undefined): string | undefined {
  const names = alternativeNames(certificate?.subjectAltName ?? '')
  return names.find(([kind, value]) => kind === 'URI' && value.startsWith('spiffe://'))?.[1]
}
