/**
 * envoy.config.route.v3.RetryPolicy, and the request headers by which an application asks for retries itself.
 */
import {
  RetryPolicy_ResetHeaderFormat as ResetFormat,
  type RetryPolicy as RetryConfig,
} from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { PreviousPrioritiesConfig } from '../../xds/gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.ts'
import { unpack } from '../../xds/wire/any.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason } from '../http/stream.ts'
import type { RetryPolicy } from './decision.ts'
import { compileRequestHeaderMatcher, compileResponseHeaderMatcher } from './header-match.ts'
import { parseRetryOn, type ResponseTest, RetryConditions } from './retry-on.ts'

/** Envoy's upstream.base_retry_backoff_ms. */
const BASE_INTERVAL_MS = 25
/** Envoy's default of rate_limited_retry_back_off.max_interval. */
const RATE_LIMITED_MAX_MS = 300_000

interface ResetHeader {
  readonly name: string
  readonly format: ResetFormat
}

/** What a policy is made of; a request's headers may add to it. */
interface RetrySettings {
  readonly names: readonly string[]
  readonly statusCodes: readonly number[]
  readonly headers: readonly ResponseTest[]
  readonly requestTests: readonly ((head: RequestHead) => boolean)[]
  readonly maxRetries: number
  readonly perTryTimeoutMs: number
  readonly perTryIdleTimeoutMs: number
  readonly avoidPreviousHosts: boolean
  readonly previousPrioritiesFrequency: number
  readonly hostSelectionAttempts: number
  readonly baseIntervalMs: number
  readonly maxIntervalMs: number
  readonly resetHeaders: readonly ResetHeader[]
  readonly resetMaxMs: number
}

class CompiledRetryPolicy implements RetryPolicy {
  readonly settings: RetrySettings
  readonly maxRetries: number
  readonly perTryTimeoutMs: number
  readonly perTryIdleTimeoutMs: number
  readonly avoidPreviousHosts: boolean
  readonly previousPrioritiesFrequency: number
  readonly hostSelectionAttempts: number
  readonly retryOnTimeout: boolean
  readonly #conditions: RetryConditions

  constructor(settings: RetrySettings) {
    this.settings = settings
    this.maxRetries = settings.maxRetries
    this.perTryTimeoutMs = settings.perTryTimeoutMs
    this.perTryIdleTimeoutMs = settings.perTryIdleTimeoutMs
    this.avoidPreviousHosts = settings.avoidPreviousHosts
    this.previousPrioritiesFrequency = settings.previousPrioritiesFrequency
    this.hostSelectionAttempts = settings.hostSelectionAttempts
    this.#conditions = new RetryConditions(settings.names, settings.statusCodes, settings.headers)
    this.retryOnTimeout = this.#conditions.onTimeout
  }

  get conditions(): readonly string[] {
    const { names, statusCodes } = this.settings
    return [...names.filter(name => name !== 'retriable-status-codes' || statusCodes.length === 0), ...statusCodes.map(String)]
  }

  appliesTo(head: RequestHead): boolean {
    const { requestTests } = this.settings
    return requestTests.length === 0 || requestTests.some(test => test(head))
  }

  /** Full jitter below 25, 50, 100 ... ms by default, at most 250. */
  backoffMs(attempt: number, random: () => number): number {
    const { baseIntervalMs, maxIntervalMs } = this.settings
    return Math.floor(random() * Math.min(maxIntervalMs, baseIntervalMs * 2 ** (attempt - 1)))
  }

  rateLimitedBackoffMs(headers: Headers, now: number, random: () => number): number | undefined {
    for (const { name, format } of this.settings.resetHeaders) {
      const text = headers.get(name)
      if (text === undefined || !/^\d{1,15}$/.test(text)) continue
      const ms = format === ResetFormat.UNIX_TIMESTAMP ? Number(text) * 1000 - now : Number(text) * 1000
      // Never before the time asked for; the jitter on top spreads those who were told the same.
      if (ms > 0 && ms <= this.settings.resetMaxMs) return Math.floor(ms + (random() * ms) / 2)
    }
    return undefined
  }

  retryOnResponse(status: number, headers: Headers): boolean {
    return this.#conditions.onResponse(status, headers)
  }

  retryOnReset(reason: ResetReason, responseStarted: boolean, requestStarted: boolean): boolean {
    return this.#conditions.onReset(reason, responseStarted, requestStarted)
  }
}

/** @returns undefined when the policy retries nothing @throws on what cannot be honoured, with the reason */
export function compileRetryPolicy(config: RetryConfig | undefined): RetryPolicy | undefined {
  if (!config) return undefined
  if (config.retryOptionsPredicates.length > 0) throw new Error('retry_policy.retry_options_predicates are not supported')
  const baseIntervalMs = Math.max(1, durationMs(config.retryBackOff?.baseInterval) ?? BASE_INTERVAL_MS)
  if (config.retryBackOff && !config.retryBackOff.baseInterval)
    throw new Error('retry_policy.retry_back_off has no base_interval')
  const maxIntervalMs = durationMs(config.retryBackOff?.maxInterval) ?? 10 * baseIntervalMs
  if (maxIntervalMs < baseIntervalMs)
    throw new Error(
      `retry_policy.retry_back_off.max_interval is ${maxIntervalMs} ms, expected at least base_interval (${baseIntervalMs} ms)`,
    )
  for (const { name } of config.rateLimitedRetryBackOff?.resetHeaders ?? [])
    if (name === '') throw new Error('retry_policy.rate_limited_retry_back_off has a reset header without a name')
  return new CompiledRetryPolicy({
    names: parseRetryOn(config.retryOn),
    statusCodes: config.retriableStatusCodes,
    headers: config.retriableHeaders.map(compileResponseHeaderMatcher),
    requestTests: config.retriableRequestHeaders.map(compileRequestHeaderMatcher),
    maxRetries: config.numRetries ?? 1,
    perTryTimeoutMs: durationMs(config.perTryTimeout) ?? 0,
    perTryIdleTimeoutMs: durationMs(config.perTryIdleTimeout) ?? 0,
    avoidPreviousHosts: avoidsPreviousHosts(config),
    previousPrioritiesFrequency: prioritiesFrequency(config),
    hostSelectionAttempts: config.hostSelectionRetryMaxAttempts || 1,
    baseIntervalMs,
    maxIntervalMs,
    resetHeaders:
      config.rateLimitedRetryBackOff?.resetHeaders.map(({ name, format }) => ({ name: name.toLowerCase(), format })) ?? [],
    resetMaxMs: durationMs(config.rateLimitedRetryBackOff?.maxInterval) ?? RATE_LIMITED_MAX_MS,
  })
}

const PREVIOUS_HOSTS = 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'
const PREVIOUS_PRIORITIES = 'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig'

function avoidsPreviousHosts(config: RetryConfig): boolean {
  for (const { name, configType } of config.retryHostPredicate) {
    const type = configType ? messageName(configType.value.typeUrl) : name
    if (type !== PREVIOUS_HOSTS && name !== 'envoy.retry_host_predicates.previous_hosts')
      throw new Error(`retry_policy.retry_host_predicate "${name}" is not supported, expected ${PREVIOUS_HOSTS}`)
  }
  return config.retryHostPredicate.length > 0
}

function prioritiesFrequency({ retryPriority }: RetryConfig): number {
  if (!retryPriority) return 0
  const plugin = unpack(PREVIOUS_PRIORITIES, PreviousPrioritiesConfig, retryPriority.configType?.value)
  if (!plugin)
    throw new Error(`retry_policy.retry_priority "${retryPriority.name}" is not supported, expected ${PREVIOUS_PRIORITIES}`)
  if (plugin.updateFrequency <= 0)
    throw new Error(`retry_policy.retry_priority.update_frequency is ${plugin.updateFrequency}, expected more than 0`)
  return plugin.updateFrequency
}

const RETRY_HEADERS = [
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
] as const

const NO_RETRIES: RetrySettings = {
  names: [],
  statusCodes: [],
  headers: [],
  requestTests: [],
  maxRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  avoidPreviousHosts: false,
  previousPrioritiesFrequency: 0,
  hostSelectionAttempts: 1,
  baseIntervalMs: BASE_INTERVAL_MS,
  maxIntervalMs: 10 * BASE_INTERVAL_MS,
  resetHeaders: [],
  resetMaxMs: RATE_LIMITED_MAX_MS,
}

/**
 * The policy of one request: the route's, unless its retriable_request_headers say no; with what x-envoy-retry-on and its companions
 * add. These headers are taken off the request. @returns undefined: no retries
 */
export function retryPolicyFor(head: RequestHead, policy: RetryPolicy | undefined): RetryPolicy | undefined {
  const applies = policy?.appliesTo(head) ? policy : undefined
  if (!RETRY_HEADERS.some(name => head.headers.has(name))) return applies
  const [retryOn, grpcOn, maxRetries, statusCodes, headerNames] = RETRY_HEADERS.map(name => {
    const value = head.headers.get(name)
    head.headers.remove(name)
    return value
  })
  if (!applies && retryOn === undefined && grpcOn === undefined) return undefined
  const settings = policy instanceof CompiledRetryPolicy ? policy.settings : NO_RETRIES
  return new CompiledRetryPolicy({
    ...settings,
    requestTests: [],
    names: [...(applies ? settings.names : []), ...parseRetryOn(retryOn ?? ''), ...parseRetryOn(grpcOn ?? '')],
    maxRetries: maxRetries !== undefined && /^\d{1,9}$/.test(maxRetries) ? Number(maxRetries) : settings.maxRetries,
    statusCodes: [
      ...settings.statusCodes,
      ...parseRetryOn(statusCodes ?? '')
        .filter(code => /^\d{3}$/.test(code))
        .map(Number),
    ],
    headers: [...settings.headers, ...parseRetryOn(headerNames ?? '').map(present)],
  })
}

function present(name: string): ResponseTest {
  const lower = name.toLowerCase()
  return (_, headers) => headers.has(lower)
}
