/** Access rules for requests (envoy.filters.http.rbac). What is denied and by which policy is for the log, never for the client. */
import { denialDetails, type RbacRules } from '../filters/rbac/rules.ts'
import { principalsOf } from '../filters/rbac/subject.ts'
import type { HttpFilter, HttpRequest, Verdict } from './filter.ts'

const DENIED = Buffer.from('RBAC: access denied')
const FILTER = 'envoy.filters.http.rbac'
const PERMISSION_DENIED = 7

export class RbacFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #rules: RbacRules

  constructor(name: string, defaultOff: boolean, rules: RbacRules) {
    this.name = name
    this.defaultOff = defaultOff
    this.#rules = rules
  }

  onRequest(request: HttpRequest): Verdict {
    const { head, connection, record } = request
    const subject = {
      head,
      facts: connection.facts,
      remoteAddress: record.remoteAddress,
      principals: principalsOf(connection),
      metadata: record.metadata,
    }
    const decision = this.#rules.decide(subject, fields => record.addMetadata(FILTER, fields))
    if (decision === undefined || decision.allowed) return 'continue'
    request.reply(403, DENIED, denialDetails(decision), undefined, PERMISSION_DENIED)
    return 'taken'
  }
}
