/** Which sites may send requests that change something (envoy.extensions.filters.http.csrf.v3.CsrfPolicy), of the filter or of a route. */
import { CsrfPolicy } from '../../xds/gen/envoy/extensions/filters/http/csrf/v3/csrf.ts'
import type { FilterOverride } from '../route/decision.ts'
import { runtimeFraction } from '../route/fraction.ts'
import { compileStringMatcher } from '../route/string-match.ts'

export const CSRF_POLICY = 'envoy.extensions.filters.http.csrf.v3.CsrfPolicy'

export interface Policy {
  /** Shares of the requests that are refused, and that are only counted. */
  readonly enabled: number
  readonly shadow: number
  readonly allows: readonly ((origin: string) => boolean)[]
}

/** @throws on what cannot be honoured */
export function compilePolicy(config: CsrfPolicy): Policy {
  return {
    enabled: runtimeFraction(config.filterEnabled, 1),
    shadow: runtimeFraction(config.shadowEnabled, 0),
    allows: config.additionalOrigins.map(compileStringMatcher),
  }
}

const compiled = new WeakMap<FilterOverride, Policy>()

/** A route's own policy, read once. @throws on what cannot be honoured */
export function csrfOf(override: FilterOverride): Policy {
  const policy = compiled.get(override) ?? compilePolicy(CsrfPolicy.decode(override.value))
  compiled.set(override, policy)
  return policy
}
