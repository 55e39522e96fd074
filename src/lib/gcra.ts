/**
 * The generic cell rate algorithm: a token bucket whose whole state is one time, that at which the bucket would be full again. So it fits
 * into one number of a shared store. All times in milliseconds.
 */

export interface GcraRate {
  readonly requests: number
  readonly perMs: number
  /** Size of the bucket. */
  readonly burst: number
}

export interface GcraVerdict {
  readonly allowed: boolean
  /** The state afterwards; as before when nothing was taken. */
  readonly fullAt: number
  /** Whole requests that may come at once now. */
  readonly remaining: number
  /** Until the next request is allowed; 0 when one is now. */
  readonly waitMs: number
}

/** Takes one request. @param fullAt the state; 0 for a bucket that was never used */
export function gcra(fullAt: number, now: number, { requests, perMs, burst }: GcraRate): GcraVerdict {
  const cost = perMs / requests
  const size = cost * burst
  const before = Math.max(fullAt, now)
  const after = before + cost
  const allowed = after - now <= size + EPSILON
  const state = allowed ? after : before
  const room = size - (state - now)
  return {
    allowed,
    fullAt: allowed ? after : fullAt,
    remaining: Math.max(0, Math.floor(room / cost + EPSILON)),
    waitMs: Math.max(0, Math.ceil(cost - room - EPSILON)),
  }
}

/** Sums of fractions of a millisecond are not exact. */
const EPSILON = 1e-6
