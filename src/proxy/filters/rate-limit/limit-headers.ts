/** How answers tell what is left of a limit: X-RateLimit-Limit, -Remaining, -Reset (draft 3 of the RateLimit header fields), Retry-After. */
import type { Headers } from '../../http/headers.ts'

export interface Quota {
  /** "10", or with the policies behind it: "10, 10;w=60". */
  readonly limit: string
  readonly remaining: number
  /** Seconds until more comes. */
  readonly resetSeconds: number
}

/** Where several limits speak, the one with the least left is heard. */
export function addQuota(headers: Headers, { limit, remaining, resetSeconds }: Quota): void {
  const other = headers.get('x-ratelimit-remaining')
  if (other !== undefined && Number(other) <= remaining) return
  headers.set('x-ratelimit-limit', limit)
  headers.set('x-ratelimit-remaining', String(remaining))
  headers.set('x-ratelimit-reset', String(resetSeconds))
}

/** "0" would ask to come again at once. */
export function retryAfter(seconds: number): string {
  return String(Math.max(1, seconds))
}
