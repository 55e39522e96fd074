/** How well it goes, as one of four: the only place that decides which numbers are bad. */
import type { Traffic } from '../../../src/run/dashboard/view/topology.ts'

export type Health = 'good' | 'warn' | 'bad' | 'idle'

const BAD_SHARE = 0.05
const WARN_SHARE = 0.005
const REJECTED_SHARE = 0.1

export function healthOf({ rate, errorShare, rejectedShare, bytesPerSecond }: Traffic): Health {
  if (rate === 0) return bytesPerSecond > 0 ? 'good' : 'idle'
  if (errorShare >= BAD_SHARE) return 'bad'
  return errorShare >= WARN_SHARE || rejectedShare >= REJECTED_SHARE ? 'warn' : 'good'
}

export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  good: 'well',
  warn: 'some requests fail',
  bad: 'many requests fail',
  idle: 'no traffic',
}
