/** A policy refuses a connection of bytes: the decision is kept; the client sees nothing but the end. */
import { principalsOf } from '../filters/rbac/subject.ts'
import type { Connection } from '../listener/connection.ts'
import type { DenialFacts, Denials } from '../telemetry/denials.ts'

export type RefuseConnection = (
  connection: Connection,
  refusal: Pick<DenialFacts, 'by' | 'reason' | 'policy' | 'nearest'>,
) => void

export function refusals(denials: Denials): RefuseConnection {
  return (connection, refusal) => {
    const { remoteAddress, localPort } = connection.facts
    const principals = principalsOf(connection) ?? []
    denials.add({ ...refusal, status: 0, request: undefined, remoteAddress, port: localPort, principals })
  }
}
