/** A limit that this proxy counts by itself (envoy.filters.http.local_ratelimit). */
import type { LocalRateLimit } from '../../xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.ts'
import { type Descriptor, descriptorsOf } from '../filters/rate-limit/descriptors.ts'
import { addQuota, retryAfter } from '../filters/rate-limit/limit-headers.ts'
import { compileLocalLimit, type LocalLimit, localLimitOf } from '../filters/rate-limit/local-limit.ts'
import { type Take, UNLIMITED } from '../filters/rate-limit/token-bucket.ts'
import { HeaderList } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import { Flag } from '../telemetry/response-flags.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, routeRateLimits, type Verdict } from './filter.ts'

/** <stat_prefix>.http_local_rate_limit.* */
export class LocalRateLimitStats {
  enabled = 0
  enforced = 0
  ok = 0
  rate_limited = 0
}

const DETAILS = 'local_rate_limited'
const BODY = Buffer.from(DETAILS)

export class LocalRateLimitFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #limit: LocalLimit
  readonly #statsOf: (prefix: string) => LocalRateLimitStats
  readonly #now: () => number
  readonly #takes = new WeakMap<HttpRequest, Take>()

  /** @param now milliseconds of a clock that does not jump @throws on settings that cannot be followed */
  constructor(
    name: string,
    defaultOff: boolean,
    config: LocalRateLimit,
    statsOf: (prefix: string) => LocalRateLimitStats,
    now: () => number = () => performance.now(),
  ) {
    this.name = name
    this.defaultOff = defaultOff
    this.#limit = compileLocalLimit(config)
    this.#statsOf = statsOf
    this.#now = now
    // Readers of the statistics see zeros before the first request, as with Envoy.
    statsOf(this.#limit.statPrefix)
  }

  onRequest(request: HttpRequest): Verdict {
    const limit = this.#limitOf(request)
    if (!chosen(limit.enabled, request)) return 'continue'
    const stats = this.#statsOf(limit.statPrefix)
    stats.enabled++
    const take = limit.buckets(request.connection).take(descriptors(limit, request), this.#now())
    if (take !== undefined && limit.quotaHeaders) this.#takes.set(request, take)
    if (take === undefined || take.allowed) {
      stats.ok++
      return 'continue'
    }
    stats.rate_limited++
    if (!chosen(limit.enforced, request)) {
      limit.unenforcedHeaders?.(request.head.headers, request.head, request, undefined)
      return 'continue'
    }
    stats.enforced++
    request.record.addFlag(Flag.RateLimited)
    const headers = new HeaderList(limit.retryAfter ? ['retry-after', retryAfter(seconds(take))] : [])
    limit.responseHeaders?.(headers, request.head, request, headers)
    request.reply(limit.status, BODY, DETAILS, headers, limit.grpcStatus)
    return 'taken'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    const limit = this.#limitOf(request)
    if (limit.enabled === 0) return undefined
    const take = limit.buckets(request.connection).peek(descriptors(limit, request), this.#now())
    if (take === undefined || take.rate.burst === UNLIMITED) return undefined
    const { requests, perMs, burst } = take.rate
    const refused = take.allowed ? 0 : limit.enabled * limit.enforced
    const shadow = limit.enforced === 0 ? ', counted only' : ''
    const state = take.allowed ? `allowed, ${take.remaining} left after it` : `used up, the next is allowed in ${seconds(take)} s`
    return {
      subject: 'rate limit',
      text: `${limit.statPrefix}: ${requests} each ${perMs / 1000} s, ${burst} at once; ${state}${shadow}`,
      answers: refused > 0 ? [{ share: refused, status: limit.status, details: DETAILS }] : [],
      delayMs: 0,
    }
  }

  onResponse(request: HttpRequest, head: ResponseHead): undefined {
    const take = this.#takes.get(request)
    if (take === undefined) return
    addQuota(head.headers, { limit: String(take.rate.burst), remaining: take.remaining, resetSeconds: seconds(take) })
  }

  #limitOf(request: HttpRequest): LocalLimit {
    const override = overrideOf(request, this.name)
    return override === undefined ? this.#limit : localLimitOf(override)
  }
}

function descriptors({ rules, stage }: LocalLimit, request: HttpRequest): readonly Descriptor[] {
  return descriptorsOf(rules ?? routeRateLimits(request, stage), request)
}

function chosen(share: number, request: HttpRequest): boolean {
  return share >= 1 || (share > 0 && request.random() < share)
}

function seconds({ waitMs }: Take): number {
  return Math.ceil(waitMs / 1000)
}
