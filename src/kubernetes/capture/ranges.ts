/** Ranges of addresses in both families. */
import { isIP } from 'node:net'
import type { Family } from './rule.ts'

/** @throws naming what is no range */
export function checkRange(range: string): void {
  const [address = '', bits] = range.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  if (family === 0 || bits === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    throw new Error(`Cannot capture: "${range}" is no range of addresses, expected one such as "10.0.0.0/8" or "fd00::/8"`)
}

export function ofFamily(ranges: readonly string[], family: Family): readonly string[] {
  return ranges.filter(range => (range.includes(':') ? 'v6' : 'v4') === family)
}

/** Whether the application's traffic to its own pod is to be captured too. */
export function hasLoopback(ranges: '*' | readonly string[]): boolean {
  return ranges !== '*' && ranges.some(range => range.startsWith('127.') || /^(0*:)*:?0*1\//.test(range))
}
