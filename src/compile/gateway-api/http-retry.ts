/** Retries and the time limit of each try. */
import type { HttpRouteRule } from '../../api/gateway/httproute/schema.ts'
import type { RetryPolicy } from '../../model/http-rule.ts'
import { DEFAULT_RETRY } from '../../model/settings.ts'
import { milliseconds } from '../duration.ts'

/** undefined: the mesh's default. Failed connections and tries that took too long are repeated whatever the codes. */
export function retryOf({ retry, timeouts }: HttpRouteRule): RetryPolicy | undefined {
  const perTryTimeoutMs = milliseconds(timeouts?.backendRequest) || undefined
  if (!retry) return perTryTimeoutMs === undefined ? undefined : { ...DEFAULT_RETRY, perTryTimeoutMs }
  const codes = retry.codes ?? []
  return {
    ...DEFAULT_RETRY,
    attempts: retry.attempts ?? DEFAULT_RETRY.attempts,
    perTryTimeoutMs,
    on: [
      'connect-failure',
      'refused-stream',
      'unavailable',
      'cancelled',
      'reset',
      ...(codes.length > 0 ? ['retriable-status-codes'] : []),
    ],
    statuses: codes,
    backoffMs: milliseconds(retry.backoff),
  }
}
