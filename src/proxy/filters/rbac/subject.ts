/** What access rules ask about: a request or a connection, and who is at its other end. */
import type { Socket } from 'node:net'
import type { RequestHead } from '../../http/stream.ts'
import type { Connection, ConnectionFacts } from '../../listener/connection.ts'
import type { DynamicMetadata } from '../../metadata/dynamic.ts'
import { alternativeNames } from '../../tls/san-match.ts'

export interface Subject {
  /** undefined: a connection of bytes. */
  readonly head: RequestHead | undefined
  readonly facts: Pick<ConnectionFacts, 'remoteAddress' | 'localAddress' | 'localPort' | 'serverName'>
  /** The original client, after x-forwarded-for. */
  readonly remoteAddress: string
  /** Names in the peer's certificate: URI SANs, else DNS SANs, else the subject. undefined: it showed none. */
  readonly principals: readonly string[] | undefined
  readonly metadata: DynamicMetadata | undefined
}

export type SubjectTest = (subject: Subject) => boolean

const known = new WeakMap<Connection, readonly string[]>()

/** Read from the certificate once a connection. undefined: none was shown, or it was not verified. */
export function principalsOf(connection: Connection): readonly string[] | undefined {
  if (!connection.secure) return undefined
  const before = known.get(connection)
  if (before !== undefined) return before
  const names = namesOf(connection.socket)
  if (names !== undefined) known.set(connection, names)
  return names
}

function namesOf(socket: Socket): readonly string[] | undefined {
  const { TLSSocket } = process.getBuiltinModule('node:tls')
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (certificate === undefined) return undefined
  const names = alternativeNames(certificate.subjectAltName ?? '')
  const ofKind = (kind: string) => names.flatMap(([own, value]) => (own === kind ? [value] : []))
  const uris = ofKind('URI')
  if (uris.length > 0) return uris
  const dns = ofKind('DNS')
  return dns.length > 0 ? dns : [certificate.subject ?? '']
}
