/**
 * Rate limits as HTTP filters: one instance for each limit, so that each has its own buckets, answer and shadow mode. Local limits are
 * Envoy's local_ratelimit, shared ones ask the control plane (Envoy's ratelimit).
 */
import { type LimitRate, limitKey, type RateLimit } from '../../model/rate-limit.ts'
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source.ts'
import { LocalRateLimit } from '../gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.ts'
import { RateLimit as SharedRateLimit } from '../gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { TokenBucket } from '../gen/envoy/type/v3/token_bucket.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'
import { descriptorEntries, rateLimitActions } from './rate-limit-descriptors.ts'
import { duration, fraction } from './values.ts'

const LOCAL_TYPE = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'
const SHARED_TYPE = 'envoy.extensions.filters.http.ratelimit.v3.RateLimit'
/** The static cluster of every bootstrap: the control plane. */
const CONTROL_PLANE = 'xds-grpc'
/** What the control plane's rate limit service calls our limits. */
export const DOMAIN = 'mizzen'
/** Draft 3 of the RateLimit header fields: X-RateLimit-Limit, -Remaining, -Reset. */
const DRAFT_VERSION_03 = 1
const TOO_MANY_REQUESTS = 429
const UNLIMITED = 4294967295
/** Callers that have a bucket at one time; the one that was away longest gives way, and begins anew when it comes back. */
const MAX_BUCKETS = 10_000

export function rateLimitFilters({ rateLimits = [] }: Pick<HttpConnection, 'rateLimits'>): HttpFilter[] {
  return rateLimits.flatMap(limit => {
    const name = `mizzen.ratelimit.${limitKey(limit)}`
    if (limit.shared) return [filter(name, pack(SHARED_TYPE, SharedRateLimit, shared(limit)))]
    const local = (suffix: string, bucket: TokenBucket) =>
      filter(name + suffix, pack(LOCAL_TYPE, LocalRateLimit, localLimit(limit, suffix, bucket)))
    // The peak first: what it refuses is not to count against the sustained rate.
    return [
      ...(limit.peak ? [local('.peak', bucketOf(limit.peak, limit.peak.requests))] : []),
      local('', bucketOf(limit.sustained, limit.burst)),
    ]
  })
}

function filter(name: string, value: ReturnType<typeof pack>): HttpFilter {
  return HttpFilter.fromPartial({ name, configType: { $case: 'typedConfig', value } })
}

function localLimit(limit: RateLimit, suffix: string, tokenBucket: TokenBucket): LocalRateLimit {
  const conditional = limit.keys.length > 0 || limit.matches.length > 0
  return LocalRateLimit.fromPartial({
    statPrefix: `${limit.namespace}.${limit.name}${suffix}`,
    status: limit.status === TOO_MANY_REQUESTS ? undefined : { code: limit.status },
    // Envoy wants a bucket for requests that no descriptor fits: for them there is no limit.
    tokenBucket: conditional ? { ...tokenBucket, maxTokens: UNLIMITED, tokensPerFill: UNLIMITED } : tokenBucket,
    alwaysConsumeDefaultTokenBucket: conditional ? false : undefined,
    descriptors: conditional ? [{ entries: descriptorEntries(limit), tokenBucket }] : [],
    rateLimits: conditional ? rateLimitActions(limit) : [],
    maxDynamicDescriptors: limit.keys.length > 0 ? MAX_BUCKETS : undefined,
    ...share(limit),
    enableXRatelimitHeaders: limit.headers ? DRAFT_VERSION_03 : 0,
    enableRetryAfterHeader: limit.headers,
    rateLimitedAsResourceExhausted: true,
  })
}

function shared(limit: RateLimit): SharedRateLimit {
  const { shared: how } = limit
  return SharedRateLimit.fromPartial({
    domain: DOMAIN,
    statPrefix: `${limit.namespace}.${limit.name}`,
    timeout: duration(how?.timeoutMs ?? 0),
    failureModeDeny: how?.denyOnFailure ?? false,
    rateLimitService: {
      grpcService: { targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: CONTROL_PLANE } } },
      transportApiVersion: ApiVersion.V3,
    },
    rateLimits: rateLimitActions(limit),
    ...share(limit),
    enableXRatelimitHeaders: limit.headers ? DRAFT_VERSION_03 : 0,
    enableRetryAfterHeader: limit.headers,
    rateLimitedStatus: limit.status === TOO_MANY_REQUESTS ? undefined : { code: limit.status },
    rateLimitedAsResourceExhausted: true,
  })
}

function share({ shadow }: RateLimit) {
  return { filterEnabled: { defaultValue: fraction(100) }, filterEnforced: { defaultValue: fraction(shadow ? 0 : 100) } }
}

function bucketOf({ requests, perMs }: LimitRate, burst: number): TokenBucket {
  return { maxTokens: burst, tokensPerFill: requests, fillInterval: duration(perMs) }
}
