/**
 * Which policies a request nearly met, and the fields that failed: for who asks why something was denied. Nothing here runs before somebody asks.
 */
import type { Permission, Policy, Principal, RBAC } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import { compilePermission, compilePrincipal } from './matchers.ts'
import type { Subject, SubjectTest } from './subject.ts'
import { type ConditionWords, permissionWords, principalWords } from './words.ts'

export interface Lack {
  /** source: who it is from. operation: what it asks for. */
  readonly half: 'source' | 'operation'
  /** "principals", "methods", "request.headers[x-team]"; "": the rule can be met by nobody. */
  readonly field: string
  readonly wanted: string
  readonly found: string
}

/** A policy that does not allow a request, though it is about its workload. */
export interface NearPolicy {
  readonly policy: string
  /** What would have to be otherwise, the least there is. */
  readonly lacks: readonly Lack[]
}

type Condition =
  | { readonly kind: 'one'; readonly test: SubjectTest; readonly words: ConditionWords | undefined }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }

interface NearTest {
  readonly name: string
  readonly permission: Condition
  readonly principal: Condition
}

export class NearPolicies {
  readonly #policies: readonly NearTest[]

  /** @param rules that an engine has been made of, so that all of it compiles */
  constructor(rules: RBAC) {
    this.#policies = Object.entries(rules.policies).map(([name, policy]) => readPolicy(name, policy))
  }

  /** Nearest first: those of which the least fails; of equals those of which something holds for this caller. */
  find(subject: Subject): NearPolicy[] {
    const near = this.#policies.map(({ name, permission, principal }) => {
      const operation = lacksOf(permission, subject, 'operation')
      const source = lacksOf(principal, subject, 'source')
      return { policy: name, lacks: [...source, ...operation], both: Number(source.length > 0 && operation.length > 0) }
    })
    near.sort((a, b) => a.both - b.both || a.lacks.length - b.lacks.length)
    return near.map(({ policy, lacks }) => ({ policy, lacks }))
  }
}

function readPolicy(name: string, { permissions, principals }: Policy): NearTest {
  return {
    name,
    permission: { kind: 'any', parts: permissions.map(readPermission) },
    principal: { kind: 'any', parts: principals.map(readPrincipal) },
  }
}

function readPermission(permission: Permission): Condition {
  const { rule } = permission
  switch (rule?.$case) {
    case 'andRules':
      return { kind: 'all', parts: rule.value.rules.map(readPermission) }
    case 'orRules':
      return { kind: 'any', parts: rule.value.rules.map(readPermission) }
    case 'notRule':
      return { kind: 'not', part: readPermission(rule.value) }
    default:
      return { kind: 'one', test: compilePermission(permission), words: permissionWords(permission) }
  }
}

function readPrincipal(principal: Principal): Condition {
  const { identifier } = principal
  const words = principalWords(principal)
  if (words) return { kind: 'one', test: compilePrincipal(principal), words }
  switch (identifier?.$case) {
    case 'andIds':
      return { kind: 'all', parts: identifier.value.ids.map(readPrincipal) }
    case 'orIds':
      return { kind: 'any', parts: identifier.value.ids.map(readPrincipal) }
    case 'notId':
      return { kind: 'not', part: readPrincipal(identifier.value) }
    default:
      return { kind: 'one', test: compilePrincipal(principal), words: undefined }
  }
}

function holds(condition: Condition, subject: Subject): boolean {
  switch (condition.kind) {
    case 'one':
      return condition.test(subject)
    case 'all':
      return condition.parts.every(part => holds(part, subject))
    case 'any':
      return condition.parts.some(part => holds(part, subject))
    case 'not':
      return !holds(condition.part, subject)
  }
}

/** Empty: the condition holds. */
function lacksOf(condition: Condition, subject: Subject, half: Lack['half']): Lack[] {
  if (holds(condition, subject)) return []
  switch (condition.kind) {
    case 'one':
      return [lack(condition.words, half, subject)]
    case 'all':
      return condition.parts.flatMap(part => lacksOf(part, subject, half))
    case 'any':
      return leastOf(condition.parts, subject, half)
    case 'not': {
      const culprit = matching(condition.part, subject)
      const { wanted, ...rest } = lack(culprit, half, subject)
      return [{ ...rest, wanted: culprit ? `not ${wanted}` : wanted }]
    }
  }
}

function lack(words: ConditionWords | undefined, half: Lack['half'], subject: Subject): Lack {
  if (!words) return { half, field: '', wanted: 'nothing that anybody could meet', found: 'the policy has no rules' }
  return { half, field: words.field, wanted: words.wanted, found: words.found(subject) }
}

/** The values of one field are told together; of whole alternatives the one that fails least. */
function leastOf(parts: readonly Condition[], subject: Subject, half: Lack['half']): Lack[] {
  const lists = parts.map(part => lacksOf(part, subject, half))
  const [first] = lists[0] ?? []
  if (first && lists.every(list => list.length === 1 && list[0]?.field === first.field && list[0].found === first.found))
    return [{ ...first, wanted: [...new Set(lists.flatMap(list => list.map(({ wanted }) => wanted)))].join(' or ') }]
  return lists.reduce((least, list) => (list.length < least.length ? list : least), lists[0] ?? [lack(undefined, half, subject)])
}

/** The single condition that holds where none should. */
function matching(condition: Condition, subject: Subject): ConditionWords | undefined {
  switch (condition.kind) {
    case 'one':
      return condition.words
    case 'not':
      return undefined
    default:
      for (const part of condition.parts) {
        const found = holds(part, subject) ? matching(part, subject) : undefined
        if (found) return found
      }
      return undefined
  }
}
