/** Access rules for requests (envoy.filters.http.rbac). What is denied and by which policy is for the log, never for the client. */
import type { NearPolicy } from '../filters/rbac/near.ts'
import { denialDetails, type RbacRules } from '../filters/rbac/rules.ts'
import { principalsOf, type Subject } from '../filters/rbac/subject.ts'
import type { Denials } from '../telemetry/denials.ts'
import { deny } from './deny.ts'
import type { FilterExplanation, HttpFilter, HttpRequest, Verdict } from './filter.ts'

const DENIED = Buffer.from('RBAC: access denied')
const FILTER = 'envoy.filters.http.rbac'
const PERMISSION_DENIED = 7

export class RbacFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #rules: RbacRules
  readonly #denials: Denials

  constructor(name: string, defaultOff: boolean, rules: RbacRules, denials: Denials) {
    this.name = name
    this.defaultOff = defaultOff
    this.#rules = rules
    this.#denials = denials
  }

  onRequest(request: HttpRequest): Verdict {
    const { record } = request
    const subject = subjectOf(request)
    const decision = this.#rules.decide(subject, fields => record.addMetadata(FILTER, fields))
    if (decision === undefined) return 'continue'
    if (decision.policy !== undefined) record.policy = decision.policy
    if (decision.allowed) return 'continue'
    const { policy } = decision
    const headers = deny(request, this.#denials, {
      by: 'access',
      status: 403,
      reason: policy === undefined ? 'no policy allows it' : 'a policy denies it',
      policy,
      ...(policy === undefined && { nearest: () => this.#rules.near(subject) }),
    })
    request.reply(403, DENIED, denialDetails(decision), headers, PERMISSION_DENIED)
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
    const notes = near.slice(0, NEAREST).map((entry, i) => `${i === 0 ? 'nearest: it' : 'another one'} ${wish(entry)}`)
    return { ...told, policies: near.map(entry => entry.policy), text: 'denied: no policy allows it', answers, notes }
  }
}

/** Policies that `explain` tells of. */
const NEAREST = 3

function wish({ lacks }: NearPolicy): string {
  const [first] = lacks
  if (first === undefined) return 'allows it'
  if (first.field === '') return `allows ${first.wanted}: ${first.found}`
  const more = lacks.length > 1 ? `, and ${lacks.length - 1} more` : ''
  return `wants ${first.field} ${first.wanted}; ${first.found}${more}`
}

function subjectOf({ head, connection, record }: HttpRequest): Subject {
  const { remoteAddress, metadata } = record
  return { head, facts: connection.facts, remoteAddress, principals: principalsOf(connection), metadata }
}
