/** Limits that a service counts for many proxies together (envoy.filters.http.ratelimit). */
import type { RateLimit } from '../../xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { Clusters } from '../cluster/cluster.ts'
import { compileDescriptors, type Descriptor, type DescriptorRule, descriptorsOf } from '../filters/rate-limit/descriptors.ts'
import type { LimitAnswer } from '../filters/rate-limit/limit-answer.ts'
import { addQuota, retryAfter } from '../filters/rate-limit/limit-headers.ts'
import { LimitService } from '../filters/rate-limit/limit-service.ts'
import { type RouteSharedLimit, sharedLimitOf } from '../filters/rate-limit/route-settings.ts'
import { HeaderList } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import { runtimeFraction } from '../route/fraction.ts'
import { compileHeaderMutation, type HeaderMutation } from '../route/header-mutation.ts'
import { Flag } from '../telemetry/response-flags.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, routeRateLimits, type Verdict } from './filter.ts'

/** cluster.<name>.ratelimit.<stat_prefix>.*, of the cluster that the request is meant for. */
export class RateLimitStats {
  ok = 0
  error = 0
  over_limit = 0
  failure_mode_allowed = 0
}

/** Envoy's default. */
const TIMEOUT_MS = 20
const TOO_MANY_REQUESTS = 429
const RESOURCE_EXHAUSTED = 8
const NO_BODY = Buffer.alloc(0)
const OVER_LIMIT = 'request_rate_limited'
const AS_FILTER: RouteSharedLimit = { domain: '', rules: undefined }

export class RateLimitFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #config: RateLimit
  readonly #service: LimitService
  readonly #statsOf: (cluster: string, prefix: string) => RateLimitStats
  /** undefined: the route says what tells requests apart. */
  readonly #rules: readonly DescriptorRule[] | undefined
  /** 0 to 1: of the requests that are asked about, and of these that are refused in earnest. */
  readonly #enabled: number
  readonly #enforced: number
  readonly #status: number
  readonly #responseHeaders: HeaderMutation | undefined
  /** Gives up what is being asked about a request. */
  readonly #asking = new Map<HttpRequest, () => void>()
  /** What responses tell of it. */
  readonly #answers = new WeakMap<HttpRequest, LimitAnswer>()

  /** @throws on settings that cannot be followed */
  constructor(
    name: string,
    defaultOff: boolean,
    config: RateLimit,
    clusters: Clusters,
    statsOf: (cluster: string, prefix: string) => RateLimitStats,
  ) {
    if (config.domain === '') throw new Error('ratelimit has no domain')
    if (!['', 'internal', 'external', 'both'].includes(config.requestType))
      throw new Error(`ratelimit has request_type "${config.requestType}", expected internal, external or both`)
    const status = config.rateLimitedStatus?.code ?? TOO_MANY_REQUESTS
    this.name = name
    this.defaultOff = defaultOff
    this.#config = config
    this.#service = new LimitService(config.rateLimitService?.grpcService, durationMs(config.timeout) ?? TIMEOUT_MS, clusters)
    this.#statsOf = statsOf
    this.#rules = config.rateLimits.length > 0 ? compileDescriptors(config.rateLimits) : undefined
    this.#enabled = runtimeFraction(config.filterEnabled, 1)
    this.#enforced = runtimeFraction(config.filterEnforced, 1)
    this.#status = status < 400 ? TOO_MANY_REQUESTS : status
    this.#responseHeaders = compileHeaderMutation(config.responseHeadersToAdd, [])
  }

  onRequest(request: HttpRequest): Verdict {
    if (this.#enabled < 1 && request.random() >= this.#enabled) return 'continue'
    const { domain, descriptors } = this.#question(request)
    if (descriptors.length === 0) return 'continue'
    const giveUp = this.#service.ask(domain, descriptors, answer => {
      this.#asking.delete(request)
      this.#answered(request, answer)
    })
    this.#asking.set(request, giveUp)
    return 'wait'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    if (this.#enabled === 0) return undefined
    const { domain, descriptors } = this.#question(request)
    if (descriptors.length === 0) return undefined
    const what = descriptors.map(entries => entries.map(({ key, value }) => `${key}=${value}`).join(', ')).join('; ')
    const otherwise = this.#config.failureModeDeny ? `is an answer ${this.#errorStatus}` : 'lets the request pass'
    const shadow = this.#enforced === 0 ? ', counted only' : ''
    const text = `${this.#service.cluster} counts "${what}" in ${domain}${shadow}; if it cannot be asked, that ${otherwise}`
    return { subject: 'rate limit', text, answers: [], delayMs: 0 }
  }

  onResponse(request: HttpRequest, { headers }: ResponseHead): undefined {
    const answer = this.#answers.get(request)
    if (answer === undefined) return
    for (const [name, value] of answer.responseHeaders) headers.add(name, value)
    if (answer.quota && this.#config.enableXRatelimitHeaders !== 0) addQuota(headers, answer.quota)
  }

  onEnd(request: HttpRequest): void {
    if (this.#asking.size === 0) return
    this.#asking.get(request)?.()
    this.#asking.delete(request)
  }

  get #errorStatus(): number {
    return this.#config.statusOnError?.code || 500
  }

  #question(request: HttpRequest): { readonly domain: string; readonly descriptors: readonly Descriptor[] } {
    const override = overrideOf(request, this.name)
    const route = override === undefined ? AS_FILTER : sharedLimitOf(override)
    const rules = route.rules ?? this.#rules ?? routeRateLimits(request, this.#config.stage)
    return {
      domain: route.domain || this.#config.domain,
      descriptors: this.#concerns(request) ? descriptorsOf(rules, request) : [],
    }
  }

  #concerns({ head }: HttpRequest): boolean {
    const { requestType } = this.#config
    if (requestType === '' || requestType === 'both') return true
    return (head.headers.get('x-envoy-internal') === 'true') === (requestType === 'internal')
  }

  #answered(request: HttpRequest, answer: LimitAnswer | Error): void {
    const { upstreamCluster } = request
    const stats = upstreamCluster === undefined ? undefined : this.#statsOf(upstreamCluster, this.#config.statPrefix)
    if (answer instanceof Error) {
      this.#failed(request, stats)
      return
    }
    this.#answers.set(request, answer)
    if (answer.over && stats !== undefined) stats.over_limit++
    if (answer.over && (this.#enforced >= 1 || request.random() < this.#enforced)) {
      this.#refuse(request, answer)
      return
    }
    if (!answer.over && stats !== undefined) stats.ok++
    for (const [name, value] of answer.requestHeaders) request.head.headers.add(name, value)
    request.resume()
  }

  #refuse(request: HttpRequest, { quota, body }: LimitAnswer): void {
    const { disableXEnvoyRatelimitedHeader, enableRetryAfterHeader, rateLimitedAsResourceExhausted } = this.#config
    const headers = new HeaderList(disableXEnvoyRatelimitedHeader ? [] : ['x-envoy-ratelimited', 'true'])
    if (quota && enableRetryAfterHeader) headers.set('retry-after', retryAfter(quota.resetSeconds))
    this.#responseHeaders?.(headers, request.head, request, headers)
    request.record.addFlag(Flag.RateLimited)
    request.reply(this.#status, body, OVER_LIMIT, headers, rateLimitedAsResourceExhausted ? RESOURCE_EXHAUSTED : undefined)
  }

  #failed(request: HttpRequest, stats: RateLimitStats | undefined): void {
    if (stats !== undefined) stats.error++
    if (!this.#config.failureModeDeny) {
      if (stats !== undefined) stats.failure_mode_allowed++
      request.resume()
      return
    }
    request.record.addFlag(Flag.RateLimitServiceError)
    request.reply(this.#errorStatus, NO_BODY, 'rate_limiter_error')
  }
}
