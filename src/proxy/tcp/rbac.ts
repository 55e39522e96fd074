/** Access rules for connections of bytes (envoy.filters.network.rbac): what is denied is closed before a byte is passed on. */
import type { NearPolicy } from '../filters/rbac/near.ts'
import { denialDetails, type RbacRules } from '../filters/rbac/rules.ts'
import { principalsOf } from '../filters/rbac/subject.ts'
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import { DynamicMetadata } from '../metadata/dynamic.ts'
import type { RefuseConnection } from './refusal.ts'

const FILTER = 'envoy.filters.network.rbac'

export interface ConnectionDenial {
  /** undefined: no policy allows it. */
  readonly policy: string | undefined
  readonly details: string
  readonly near: () => NearPolicy[]
}

export class NetworkRbac implements TerminalFilter {
  readonly #rules: RbacRules
  readonly next: TerminalFilter
  readonly #denied: RefuseConnection

  /** @param denied is told of every refusal, with its reason */
  constructor(rules: RbacRules, next: TerminalFilter, denied: RefuseConnection) {
    this.#rules = rules
    this.next = next
    this.#denied = denied
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const denial = this.denial(connection)
    if (denial === undefined) return this.next.accept(connection, closed)
    const { policy, near } = denial
    const nearest = policy === undefined && { nearest: near }
    this.#denied(connection, { by: 'access', reason: reasonOf(denial), policy, ...nearest })
    return refuse(connection, closed)
  }

  /** Why a connection is refused; undefined: it is let through. */
  denial(connection: Connection): ConnectionDenial | undefined {
    const { facts } = connection
    const metadata = connection.metadata ?? new DynamicMetadata()
    connection.metadata = metadata
    const subject = { head: undefined, facts, remoteAddress: facts.remoteAddress, principals: principalsOf(connection), metadata }
    const decision = this.#rules.decide(subject, fields => metadata.merge(FILTER, fields))
    if (decision === undefined || decision.allowed) return undefined
    return { policy: decision.policy, details: denialDetails(decision), near: () => this.#rules.near(subject) }
  }
}

function reasonOf({ policy }: ConnectionDenial): string {
  return policy === undefined ? 'no policy allows it' : 'a policy denies it'
}

function refuse(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
  const refused: OpenConnection = { drain: () => {}, destroy: () => connection.socket.destroy(), active: 0 }
  connection.socket.once('close', () => closed(refused))
  connection.socket.on('error', () => {})
  connection.socket.destroy()
  return refused
}
