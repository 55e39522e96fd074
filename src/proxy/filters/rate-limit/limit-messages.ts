/** The messages of envoy.service.ratelimit.v3.RateLimitService. Loaded when the first configuration has a shared limit. */
import { toByteText } from '../../../lib/byte-text.ts'
import type { HeaderValue } from '../../../xds/gen/envoy/config/core/v3/base.ts'
import {
  RateLimitResponse_Code as Code,
  RateLimitRequest,
  RateLimitResponse,
  type RateLimitResponse_DescriptorStatus as Status,
  RateLimitResponse_RateLimit_Unit as Unit,
} from '../../../xds/gen/envoy/service/ratelimit/v3/rls.ts'
import type { Descriptor } from './descriptors.ts'
import type { LimitAnswer } from './limit-answer.ts'
import type { Quota } from './limit-headers.ts'

export function encodeQuestion(domain: string, descriptors: readonly Descriptor[]): Uint8Array {
  const question = { domain, descriptors: descriptors.map(entries => ({ entries: [...entries] })) }
  return RateLimitRequest.encode(RateLimitRequest.fromPartial(question)).finish()
}

export function readAnswer(message: Uint8Array): LimitAnswer {
  const { overallCode, statuses, responseHeadersToAdd, requestHeadersToAdd, rawBody } = RateLimitResponse.decode(message)
  return {
    over: overallCode === Code.OVER_LIMIT,
    quota: quotaOf(statuses),
    responseHeaders: fields(responseHeadersToAdd),
    requestHeaders: fields(requestHeadersToAdd),
    body: rawBody,
  }
}

const SECONDS: Readonly<Partial<Record<Unit, number>>> = {
  [Unit.SECOND]: 1,
  [Unit.MINUTE]: 60,
  [Unit.HOUR]: 3600,
  [Unit.DAY]: 86_400,
  [Unit.MONTH]: 86_400 * 30,
  [Unit.YEAR]: 86_400 * 365,
}

/** The limit with the least left, and the policies of all. */
function quotaOf(statuses: readonly Status[]): Quota | undefined {
  let least: Quota | undefined
  let policies = ''
  for (const { currentLimit, limitRemaining, durationUntilReset } of statuses) {
    if (currentLimit === undefined) continue
    const limit = String(currentLimit.requestsPerUnit)
    const seconds = SECONDS[currentLimit.unit]
    if (seconds !== undefined) policies += `, ${limit};w=${seconds}${currentLimit.name && `;name="${currentLimit.name}"`}`
    if (least === undefined || limitRemaining < least.remaining)
      least = { limit, remaining: limitRemaining, resetSeconds: durationUntilReset?.seconds ?? 0 }
  }
  return least && { ...least, limit: toByteText(least.limit + policies) }
}

/** What would break out of its line is no header. */
function fields(headers: readonly HeaderValue[]): (readonly [string, string])[] {
  return headers.flatMap(({ key, value, rawValue }) => {
    const text = rawValue.length > 0 ? Buffer.from(rawValue).toString('latin1') : toByteText(value)
    return /^[^\s:]+$/.test(key) && !/[\r\n\0]/.test(text) ? [[key.toLowerCase(), text] as const] : []
  })
}
