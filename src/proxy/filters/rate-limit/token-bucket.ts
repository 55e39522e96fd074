/** Token buckets (envoy.type.v3.TokenBucket), filled evenly over time. Times are milliseconds of any clock that does not jump. */
import { type GcraRate, gcra } from '../../../lib/gcra.ts'
import type { TokenBucket as TokenBucketConfig } from '../../../xds/gen/envoy/type/v3/token_bucket.ts'
import { durationMs } from '../../../xds/wire/duration.ts'

/** What a bucket says to one request. */
export interface Take {
  readonly allowed: boolean
  /** Of the bucket that was asked. */
  readonly rate: GcraRate
  /** Tokens that are left, this request's taken off. */
  readonly remaining: number
  /** Until there is a token again; 0: there is one. */
  readonly waitMs: number
}

/** A bucket that stands for no limit at all, where the message wants one. */
export const UNLIMITED = 2 ** 32 - 1

/** Envoy takes no shorter one. */
const LEAST_FILL_MS = 50

/** @throws on what Envoy refuses */
export function readBucketRate({ maxTokens, tokensPerFill = 1, fillInterval }: TokenBucketConfig): GcraRate {
  const perMs = durationMs(fillInterval) ?? 0
  if (maxTokens < 1) throw new Error('token_bucket.max_tokens is 0, expected at least 1')
  if (tokensPerFill < 1) throw new Error('token_bucket.tokens_per_fill is 0, expected at least 1')
  if (perMs < LEAST_FILL_MS) throw new Error(`token_bucket.fill_interval is ${perMs} ms, expected at least ${LEAST_FILL_MS} ms`)
  return { requests: tokensPerFill, perMs, burst: maxTokens }
}

export class TokenBucket {
  readonly rate: GcraRate
  /** The whole state: when it would be full. */
  #fullAt = Number.NEGATIVE_INFINITY

  constructor(rate: GcraRate) {
    this.rate = rate
  }

  take(now: number): Take {
    const take = this.peek(now)
    this.#fullAt = gcra(this.#fullAt, now, this.rate).fullAt
    return take
  }

  /** What `take` would say. */
  peek(now: number): Take {
    const { allowed, remaining, waitMs } = gcra(this.#fullAt, now, this.rate)
    return { allowed, rate: this.rate, remaining, waitMs }
  }
}
