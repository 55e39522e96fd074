/** One set of access rules (envoy.config.rbac.v3.RBAC), ready to be asked. */
import { type Policy, type RBAC, RBAC_Action } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import { any, compilePermission, compilePrincipal } from './matchers.ts'
import { NearPolicies, type NearPolicy } from './near.ts'
import type { Subject, SubjectTest } from './subject.ts'

export interface RbacDecision {
  readonly allowed: boolean
  /** The policy that matched; undefined: none did. */
  readonly policy: string | undefined
}

interface NamedTest {
  readonly name: string
  readonly permits: SubjectTest
  readonly identifies: SubjectTest
}

export class RbacEngine {
  readonly action: RBAC_Action
  readonly #policies: readonly NamedTest[]
  readonly #rules: RBAC
  #near: NearPolicies | undefined

  /** @throws naming the policy that cannot be used */
  constructor(rules: RBAC) {
    this.action = rules.action
    this.#rules = rules
    this.#policies = Object.keys(rules.policies)
      .sort()
      .flatMap(name => {
        const policy = rules.policies[name]
        return policy ? [compilePolicy(name, policy)] : []
      })
  }

  decide(subject: Subject): RbacDecision {
    const policy = this.#firstMatch(subject)
    const { action } = this
    const allowed = action === RBAC_Action.LOG || (policy !== undefined) === (action === RBAC_Action.ALLOW)
    return { allowed, policy }
  }

  /** Policies that do not match, the nearest first, and what each lacks. */
  near(subject: Subject): NearPolicy[] {
    this.#near ??= new NearPolicies(this.#rules)
    return this.#near.find(subject)
  }

  #firstMatch(subject: Subject): string | undefined {
    for (const { name, permits, identifies } of this.#policies) if (permits(subject) && identifies(subject)) return name
    return undefined
  }
}

function compilePolicy(name: string, policy: Policy): NamedTest {
  if (policy.condition !== undefined || policy.checkedCondition !== undefined)
    throw new Error(`RBAC policy "${name}" has a CEL condition, which is not supported`)
  try {
    return {
      name,
      permits: any(policy.permissions.map(compilePermission)),
      identifies: any(policy.principals.map(compilePrincipal)),
    }
  } catch (error) {
    throw new Error(`RBAC policy "${name}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
