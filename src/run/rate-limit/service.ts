/**
 * Envoy's RateLimitService (envoy.service.ratelimit.v3), beside ADS on the same addresses: the proxies ask it for the shared limits that
 * RateLimit objects describe. The first entry of a descriptor names the limit, the others the bucket.
 */
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { GcraRate, GcraVerdict } from '../../lib/gcra.ts'
import { remembering } from '../../lib/identity-memo.ts'
import { type LimitRate, limitKey, type RateLimit } from '../../model/rate-limit.ts'
import type { RateLimitDescriptor } from '../../xds/gen/envoy/extensions/common/ratelimit/v3/ratelimit.ts'
import {
  RateLimitResponse_Code as Code,
  type RateLimitResponse_DescriptorStatus as DescriptorStatus,
  RateLimitRequest,
  RateLimitResponse,
  RateLimitResponse_RateLimit_Unit as Unit,
} from '../../xds/gen/envoy/service/ratelimit/v3/rls.ts'
import { type Admit, Refusal, type UnaryService } from '../../xds/server/access.ts'
import type { Counters } from './counters.ts'
import { MemoryCounters } from './memory-counters.ts'
import { RedisCounters } from './redis-counters.ts'

export interface RateLimitServiceOptions {
  /** The limits as they are now. */
  readonly limits: () => readonly RateLimit[]
  /** @default systemClock */
  readonly clock?: Clock
  /** Who may ask. @default everybody */
  readonly admit?: Admit
  readonly onProblem?: (message: string) => void
}

export class RateLimitService implements UnaryService {
  readonly path = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'
  readonly #options: RateLimitServiceOptions
  readonly #memory: Counters
  readonly #redis = new Map<string, Counters>()

  constructor(options: RateLimitServiceOptions) {
    this.#options = options
    this.#memory = new MemoryCounters(options.clock ?? systemClock)
  }

  readonly handle: UnaryService['handle'] = async (request, credentials) => {
    await this.#options.admit?.(credentials)
    const { descriptors } = RateLimitRequest.decode(request)
    const limits = byKey(this.#options.limits())
    const statuses = await Promise.all(descriptors.map(descriptor => this.#judge(descriptor, limits)))
    const over = statuses.some(({ code }) => code === Code.OVER_LIMIT)
    return RateLimitResponse.encode(
      RateLimitResponse.fromPartial({ overallCode: over ? Code.OVER_LIMIT : Code.OK, statuses }),
    ).finish()
  }

  /** A limit that is no longer there limits nobody: the proxy is about to hear of that. */
  async #judge({ entries }: RateLimitDescriptor, limits: ReadonlyMap<string, RateLimit>): Promise<Partial<DescriptorStatus>> {
    const limit = limits.get(entries[0]?.value ?? '')
    if (!limit?.shared) return { code: Code.OK }
    const key = JSON.stringify(entries.map(({ value }) => value))
    const rates = ratesOf(limit)
    const verdicts = await this.#counters(limit.shared.redis)
      .take(key, rates)
      .catch((error: unknown) => {
        throw new Refusal('UNAVAILABLE', error instanceof Error ? error.message : String(error))
      })
    return statusOf(limit, verdicts)
  }

  #counters(redis: string): Counters {
    if (redis === '') return this.#memory
    const known = this.#redis.get(redis)
    if (known) return known
    const made = new RedisCounters(redis, this.#options.onProblem ?? (() => {}))
    this.#redis.set(redis, made)
    return made
  }

  close(): void {
    for (const counters of [this.#memory, ...this.#redis.values()]) counters.close()
  }
}

const byKey = remembering((limits: readonly RateLimit[]) => new Map(limits.map(limit => [limitKey(limit), limit])))

function ratesOf({ sustained, burst, peak }: RateLimit): GcraRate[] {
  return [{ ...sustained, burst }, ...(peak ? [{ ...peak, burst: peak.requests }] : [])]
}

function statusOf(limit: RateLimit, verdicts: readonly GcraVerdict[]): Partial<DescriptorStatus> {
  const allowed = verdicts.every(verdict => verdict.allowed)
  const waitMs = Math.max(...verdicts.map(verdict => verdict.waitMs))
  return {
    code: allowed ? Code.OK : Code.OVER_LIMIT,
    currentLimit: { name: limitKey(limit), requestsPerUnit: limit.sustained.requests, unit: unitOf(limit.sustained) },
    limitRemaining: Math.min(...verdicts.map(verdict => verdict.remaining)),
    // Whole seconds, as the headers have them; at least one, for "0" would ask to come again at once.
    durationUntilReset: { seconds: Math.max(1, Math.ceil(waitMs / 1000)), nanos: 0 },
  }
}

const UNITS: ReadonlyMap<number, Unit> = new Map<number, Unit>([
  [1000, Unit.SECOND],
  [60_000, Unit.MINUTE],
  [3_600_000, Unit.HOUR],
  [86_400_000, Unit.DAY],
])

function unitOf({ perMs }: LimitRate): Unit {
  return UNITS.get(perMs) ?? Unit.UNKNOWN
}
