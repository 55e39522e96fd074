/** What access rules ask about: a request or a connection, and who is at its other end. */
import type { RequestHead } from '../../http/stream.ts'
import type { Connection, ConnectionFacts } from '../../listener/connection.ts'
import type { DynamicMetadata } from '../../metadata/dynamic.ts'

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

/** URI SANs, else DNS SANs, else the subject, of a certificate that has verified. undefined: none was shown. */
export function principalsOf({ peer }: Pick<Connection, 'peer'>): readonly string[] | undefined {
  if (peer === undefined) return undefined
  if (peer.uriSans.length > 0) return peer.uriSans
  return peer.dnsSans.length > 0 ? peer.dnsSans : [peer.subject]
}
