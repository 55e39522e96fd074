/**
 * The rules of one RBAC filter: those that are enforced, and the shadow rules, which are only evaluated, counted and noted for filters after
 * this one and for the log.
 */
import type { RBAC } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import type { JsonObject } from '../../metadata/dynamic.ts'
import { type RbacDecision, RbacEngine } from './engine.ts'
import type { NearPolicy } from './near.ts'
import type { Subject } from './subject.ts'

/** Counters by name: "allowed", "istio_dry_run_allow_.shadow_denied". */
export class RbacStats {
  [name: string]: number
}

export interface RbacConfig {
  readonly rules?: RBAC | undefined
  /** Not supported: rules of another form. */
  readonly matcher?: unknown
  readonly shadowMatcher?: unknown
  readonly rulesStatPrefix: string
  readonly shadowRules?: RBAC | undefined
  readonly shadowRulesStatPrefix: string
}

export class RbacRules {
  readonly #enforced: RbacEngine | undefined
  readonly #shadow: RbacEngine | undefined
  readonly #prefix: string
  readonly #shadowPrefix: string
  readonly #stats: RbacStats

  /** @throws naming the policy that cannot be used, or the field that is not supported: left out, nobody would be denied */
  constructor(config: RbacConfig, stats: RbacStats) {
    for (const field of ['matcher', 'shadowMatcher'] as const)
      if (config[field] !== undefined)
        throw new Error(`RBAC: ${field === 'matcher' ? 'matcher' : 'shadow_matcher'} is not supported, expected rules`)
    this.#enforced = config.rules && new RbacEngine(config.rules)
    this.#shadow = config.shadowRules && new RbacEngine(config.shadowRules)
    this.#prefix = config.rulesStatPrefix
    this.#shadowPrefix = config.shadowRulesStatPrefix
    this.#stats = stats
    if (this.#enforced) for (const name of ['allowed', 'denied']) stats[counter(this.#prefix, name)] ??= 0
    if (this.#shadow) for (const name of ['shadow_allowed', 'shadow_denied']) stats[counter(this.#shadowPrefix, name)] ??= 0
  }

  /** @param note takes what the decisions were @returns undefined: nothing is enforced here */
  decide(subject: Subject, note: (fields: JsonObject) => void): RbacDecision | undefined {
    if (this.#shadow !== undefined) note(this.#evaluateShadow(this.#shadow, subject))
    if (this.#enforced === undefined) return undefined
    const decision = this.#enforced.decide(subject)
    this.#count(counter(this.#prefix, decision.allowed ? 'allowed' : 'denied'))
    return decision
  }

  /** As RbacEngine.near(), of the rules that are enforced. */
  near(subject: Subject): NearPolicy[] {
    return this.#enforced?.near(subject) ?? []
  }

  #evaluateShadow(engine: RbacEngine, subject: Subject): JsonObject {
    const { allowed, policy } = engine.decide(subject)
    this.#count(counter(this.#shadowPrefix, allowed ? 'shadow_allowed' : 'shadow_denied'))
    return {
      [`${this.#shadowPrefix}shadow_engine_result`]: allowed ? 'allowed' : 'denied',
      ...(policy === undefined ? {} : { [`${this.#shadowPrefix}shadow_effective_policy_id`]: policy }),
    }
  }

  #count(name: string): void {
    this.#stats[name] = (this.#stats[name] ?? 0) + 1
  }
}

/** Envoy puts a dot behind a prefix that has none; what is noted for other filters has the bare one. */
function counter(prefix: string, name: string): string {
  return prefix === '' || prefix.endsWith('.') ? `${prefix}${name}` : `${prefix}.${name}`
}

/** %RESPONSE_CODE_DETAILS% of a refusal: names the policy that denied, "none" where none allowed. */
export function denialDetails({ policy = 'none' }: RbacDecision): string {
  return `rbac_access_denied_matched_policy[${policy.replaceAll(' ', '_')}]`
}
