/** Access rules for requests (envoy.filters.http.rbac). What is denied and by which policy is for the log, never for the client. */
import { denialDetails, type RbacRules } from '../filters/rbac/rules.ts'
import { principalsOf, type Subject } from '../filters/rbac/subject.ts'
import { pathOnly } from '../route/request-field.ts'
import type { Denial } from '../telemetry/denials.ts'
import type { FilterExplanation, HttpFilter, HttpRequest, Verdict } from './filter.ts'

const DENIED = Buffer.from('RBAC: access denied')
const FILTER = 'envoy.filters.http.rbac'
const PERMISSION_DENIED = 7

export class RbacFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #rules: RbacRules
  readonly #denied: (denial: Denial) => void

  /** @param denied is told of every refusal, with its reason */
  constructor(name: string, defaultOff: boolean, rules: RbacRules, denied: (denial: Denial) => void) {
    this.name = name
    this.defaultOff = defaultOff
    this.#rules = rules
    this.#denied = denied
  }

  onRequest(request: HttpRequest): Verdict {
    const { record } = request
    const subject = subjectOf(request)
    const decision = this.#rules.decide(subject, fields => record.addMetadata(FILTER, fields))
    if (decision === undefined || decision.allowed) return 'continue'
    this.#denied({
      ...aboutRequest(request, subject),
      policy: decision.policy,
      nearest: decision.policy === undefined ? this.#rules.near(subject) : [],
    })
    request.reply(403, DENIED, denialDetails(decision), undefined, PERMISSION_DENIED)
    return 'taken'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    const subject = subjectOf(request)
    const decision = this.#rules.decide(subject, fields => request.record.addMetadata(FILTER, fields))
    if (decision === undefined || (decision.allowed && decision.policy === undefined)) return undefined
    const { allowed, policy } = decision
    const told = { subject: 'access', policies: policy === undefined ? [] : [policy], delayMs: 0 }
    if (allowed) return { ...told, text: 'allowed', answers: [] }
    const answers = [{ share: 1, status: 403, details: denialDetails(decision) }]
    if (policy !== undefined) return { ...told, text: 'denied', answers }
    const near = this.#rules.near(subject)
    const who = subject.principals?.join(', ') ?? 'the caller shows no certificate'
    const notes = near.map(({ lacks }, i) => {
      const which = i === 0 ? 'nearest: it' : 'another one'
      return lacks === 'source'
        ? `${which} allows this, but not from here (${who})`
        : `${which} allows this caller, but not this request`
    })
    return { ...told, policies: near.map(entry => entry.policy), text: 'denied: no policy allows it', answers, notes }
  }
}

function aboutRequest(
  { head, record }: HttpRequest,
  { remoteAddress, principals = [] }: Subject,
): Omit<Denial, 'policy' | 'nearest'> {
  const { method, authority, path } = head
  const time = new Date(record.startTime).toISOString()
  return { id: head.headers.get('x-request-id') ?? '', time, method, authority, path: pathOnly(path), remoteAddress, principals }
}

function subjectOf({ head, connection, record }: HttpRequest): Subject {
  const { remoteAddress, metadata } = record
  return { head, facts: connection.facts, remoteAddress, principals: principalsOf(connection), metadata }
}
