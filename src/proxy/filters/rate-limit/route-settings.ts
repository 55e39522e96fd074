/** A route's own settings of shared limits (RateLimitPerRoute), read once. */
import { RateLimitPerRoute } from '../../../xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit.ts'
import type { FilterOverride } from '../../route/decision.ts'
import { compileDescriptors, type DescriptorRule } from './descriptors.ts'

export const RATE_LIMIT_PER_ROUTE = 'envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute'

export interface RouteSharedLimit {
  /** Empty: the filter's own. */
  readonly domain: string
  /** undefined: the filter's own. */
  readonly rules: readonly DescriptorRule[] | undefined
}

const compiled = new WeakMap<FilterOverride, RouteSharedLimit>()

/** @throws on what cannot be honoured */
export function sharedLimitOf(override: FilterOverride): RouteSharedLimit {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const { domain, rateLimits, vhRateLimits, overrideOption } = RateLimitPerRoute.decode(override.value)
  if (vhRateLimits !== 0) throw new Error('ratelimit: vh_rate_limits is not supported')
  if (overrideOption !== 0) throw new Error('ratelimit: override_option is not supported')
  const made = { domain, rules: rateLimits.length > 0 ? compileDescriptors(rateLimits) : undefined }
  compiled.set(override, made)
  return made
}
