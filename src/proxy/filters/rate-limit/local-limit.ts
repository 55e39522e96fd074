/** The settings of envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, of a filter or of a route, with their buckets. */
import { LocalRateLimit } from '../../../xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.ts'
import type { Connection } from '../../listener/connection.ts'
import type { FilterOverride } from '../../route/decision.ts'
import { runtimeFraction } from '../../route/fraction.ts'
import { compileHeaderMutation, type HeaderMutation } from '../../route/header-mutation.ts'
import { type BucketRates, BucketSet } from './bucket-set.ts'
import { compileDescriptors, type DescriptorRule } from './descriptors.ts'
import { readBucketRate } from './token-bucket.ts'

export const LOCAL_RATE_LIMIT = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'

export interface LocalLimit {
  readonly statPrefix: string
  /** Of the requests, 0 to 1: those that count, and of these those that are refused in earnest. */
  readonly enabled: number
  readonly enforced: number
  readonly status: number
  readonly grpcStatus: number | undefined
  /** undefined: the route says what tells requests apart. */
  readonly rules: readonly DescriptorRule[] | undefined
  readonly stage: number
  readonly quotaHeaders: boolean
  readonly retryAfter: boolean
  readonly responseHeaders: HeaderMutation | undefined
  readonly unenforcedHeaders: HeaderMutation | undefined
  readonly buckets: (connection: Connection) => BucketSet
}

const DEFAULT_OPEN = 20
const TOO_MANY_REQUESTS = 429
const RESOURCE_EXHAUSTED = 8

/** @throws on what cannot be honoured */
export function compileLocalLimit(config: LocalRateLimit): LocalLimit {
  if (config.statPrefix === '') throw new Error('local_ratelimit has no stat_prefix')
  if (config.localClusterRateLimit) throw new Error('local_ratelimit: local_cluster_rate_limit is not supported')
  if (config.vhRateLimits !== 0) throw new Error('local_ratelimit: vh_rate_limits is not supported')
  const rates: BucketRates = {
    general: config.tokenBucket && readBucketRate(config.tokenBucket),
    descriptors: config.descriptors.map(({ entries, tokenBucket }) => {
      if (!tokenBucket) throw new Error('local_ratelimit has a descriptor without token_bucket')
      return { entries, rate: readBucketRate(tokenBucket) }
    }),
    alwaysGeneral: config.alwaysConsumeDefaultTokenBucket ?? true,
    mostOpen: config.maxDynamicDescriptors || DEFAULT_OPEN,
  }
  const code = config.status?.code ?? TOO_MANY_REQUESTS
  return {
    statPrefix: config.statPrefix,
    enabled: runtimeFraction(config.filterEnabled, 0),
    enforced: runtimeFraction(config.filterEnforced, 0),
    status: code < 400 ? TOO_MANY_REQUESTS : code,
    grpcStatus: config.rateLimitedAsResourceExhausted ? RESOURCE_EXHAUSTED : undefined,
    rules: config.rateLimits.length > 0 ? compileDescriptors(config.rateLimits) : undefined,
    stage: config.stage,
    quotaHeaders: config.enableXRatelimitHeaders !== 0,
    retryAfter: config.enableRetryAfterHeader,
    responseHeaders: compileHeaderMutation(config.responseHeadersToAdd, []),
    unenforcedHeaders: compileHeaderMutation(config.requestHeadersToAddWhenNotEnforced, []),
    buckets: config.localRateLimitPerDownstreamConnection ? bucketsPerConnection(rates) : oneFor(rates),
  }
}

const compiled = new WeakMap<FilterOverride, LocalLimit>()

/** A route's own limit, with buckets of its own. @throws on what cannot be honoured */
export function localLimitOf(override: FilterOverride): LocalLimit {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const made = compileLocalLimit(LocalRateLimit.decode(override.value))
  compiled.set(override, made)
  return made
}

function oneFor(rates: BucketRates): LocalLimit['buckets'] {
  const buckets = new BucketSet(rates)
  return () => buckets
}

function bucketsPerConnection(rates: BucketRates): LocalLimit['buckets'] {
  const known = new WeakMap<Connection, BucketSet>()
  return connection => {
    const buckets = known.get(connection) ?? new BucketSet(rates)
    known.set(connection, buckets)
    return buckets
  }
}
