/**
 * The last requests and connections that policies denied, with the reason: for the operator at the admin endpoint and in the log, and for the caller only
 * where it is told the id of the decision.
 */
import { randomBytes } from 'node:crypto'
import type { NearPolicy } from '../filters/rbac/near.ts'
import type { DenialNotes, RuleReference } from './denial-notes.ts'

/** What a filter knows when it denies. */
export interface DenialFacts {
  /** access: an AuthorizationPolicy. token: a RequestAuthentication. authorizer: a service that was asked. */
  readonly by: 'access' | 'token' | 'authorizer'
  /** What the caller gets; 0: its connection was closed. */
  readonly status: number
  /** undefined: a connection of bytes. */
  readonly request: RequestFacts | undefined
  readonly remoteAddress: string
  /** Where it wanted to go. */
  readonly port: number
  /** Names in the caller's certificate; empty: it showed none. */
  readonly principals: readonly string[]
  /** "no policy allows it", "Jwt is expired". */
  readonly reason: string
  /** The rule that decided, by its name in the configuration; undefined: none did. */
  readonly policy: string | undefined
  /** Where no rule allowed it: those that nearly did. Asked for at most once, perhaps much later. */
  readonly nearest?: () => readonly NearPolicy[]
}

export interface RequestFacts {
  /** x-request-id; "": the request had none. */
  readonly id: string
  readonly method: string
  readonly authority: string
  /** Without the query, which may hold secrets. */
  readonly path: string
}

/** A rule that nearly allowed it. Of `lacks` each field has its own line where that is known. */
export type NearRule = RuleReference & { readonly lacks: readonly (NearPolicy['lacks'][number] & { readonly line: number })[] }

/** Nearest rules that are told of each. */
const NEAREST = 4

export class Denial {
  /** Of the decision: what `mizzen explain deny` asks for. */
  readonly id: string
  /** ISO 8601. */
  readonly time = new Date().toISOString()
  readonly facts: DenialFacts
  readonly #notes: DenialNotes
  #nearest: readonly NearRule[] | undefined

  constructor(id: string, facts: DenialFacts, notes: DenialNotes) {
    this.id = id
    this.facts = facts
    this.#notes = notes
  }

  get policy(): RuleReference | undefined {
    const { policy } = this.facts
    return policy === undefined ? undefined : this.#notes.reference(policy)
  }

  /** Nearest first. */
  get nearest(): readonly NearRule[] {
    this.#nearest ??= (this.facts.nearest?.() ?? []).slice(0, NEAREST).map(({ policy, lacks }) => ({
      ...this.#notes.reference(policy),
      lacks: lacks.map(lack => ({ ...lack, line: this.#notes.lineOf(policy, lack.field) })),
    }))
    return this.#nearest
  }

  toJSON(): object {
    const { by, status, request, remoteAddress, port, principals, reason } = this.facts
    const { id, time, policy = null, nearest } = this
    return { id, time, by, status, request: request ?? null, remoteAddress, port, principals, reason, policy, nearest }
  }
}

/** Where a rule stands, for messages: "AuthorizationPolicy shop/cart rules[0] (cart.yaml:12)". */
export function ruleText({ name, object, rule, file, line }: RuleReference): string {
  const where = file === '' ? '' : ` (${file}${line > 0 ? `:${line}` : ''})`
  return object === '' ? name : `${object}${rule && ` ${rule}`}${where}`
}

/** Why, in one sentence: names the rule that denied, or the nearest one and the field that failed. */
export function denialReason({ facts: { by, reason }, policy, nearest: [near] }: Denial): string {
  if (policy !== undefined) return by === 'access' ? `${ruleText(policy)} denies it` : `${reason}, as ${ruleText(policy)} asks`
  const [lack] = near?.lacks ?? []
  if (near === undefined || lack === undefined) return reason
  const more = near.lacks.length > 1 ? `, and ${near.lacks.length - 1} more` : ''
  const why = lack.field === '' ? `${lack.wanted}: ${lack.found}` : `${lack.field} ${lack.wanted}; ${lack.found}`
  return `${reason}; nearest is ${ruleText(near)}, which wants ${why}${more}`
}

/** One line for the log. */
export function denialText(denial: Denial): string {
  const { request, remoteAddress, port } = denial.facts
  const what = request
    ? `${request.method} ${request.authority}${request.path} of request ${request.id || 'without an id'}`
    : `connection to port ${port}`
  return `${denial.id}: ${what} from ${remoteAddress}: ${denialReason(denial)}`
}

/** Denials that are kept; the oldest makes room. */
const KEPT = 256

export class Denials {
  readonly #notes: DenialNotes
  readonly #told: (denial: Denial) => void
  readonly #ring: Denial[] = []
  #next = 0
  #count = 0
  /** Tells processes apart, so that an id is found in one of them only. */
  readonly #process = randomBytes(5).toString('hex')

  /** @param told hears of each */
  constructor(notes: DenialNotes, told: (denial: Denial) => void) {
    this.#notes = notes
    this.#told = told
  }

  add(facts: DenialFacts): Denial {
    const denial = new Denial(`${this.#process}-${(++this.#count).toString(36)}`, facts, this.#notes)
    this.#ring[this.#next] = denial
    this.#next = (this.#next + 1) % KEPT
    this.#told(denial)
    return denial
  }

  /** Whether a caller of these names is told the ids of decisions about it. */
  tells(principals: readonly string[] | undefined): boolean {
    return this.#notes.tells(principals)
  }

  /** Latest first. @param id of the decision, or of the request; undefined: all */
  list(id?: string): Denial[] {
    const inOrder = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse()
    return id === undefined ? inOrder : inOrder.filter(denial => denial.id === id || denial.facts.request?.id === id)
  }
}
