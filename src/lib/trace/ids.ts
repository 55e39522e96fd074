/** Random ids of traces and spans: lower-case hexadecimal digits, never all zero. Octets are drawn for many ids at a time. */
import { randomFillSync } from 'node:crypto'

export type RandomId = (octets: 8 | 16) => string

const POOL = Buffer.allocUnsafeSlow(4096)
let used = POOL.length

export const randomId: RandomId = octets => {
  if (used + octets > POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  const id = POOL.toString('hex', used, used + octets)
  used += octets
  return isZero(id) ? randomId(octets) : id
}

/** All zeros are no id, in W3C's headers as in B3's. */
export function isZero(id: string): boolean {
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) !== 0x30) return false
  return true
}
