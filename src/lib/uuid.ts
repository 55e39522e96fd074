/**
 * Random UUIDs (version 4, RFC 9562) for request ids. Node's own are put together of sixteen pieces of text, which was a tenth of a request's
 * garbage; these are written as bytes and become text once.
 */
import { randomFillSync } from 'node:crypto'

const LENGTH = 36
const DASHES: ReadonlySet<number> = new Set([8, 13, 18, 23])
const DASH = 0x2d
const DIGITS = Buffer.from('0123456789abcdef')

/** Random octets for 256 of them at a time: asking for 16 costs as much. */
const POOL = Buffer.allocUnsafeSlow(16 * 256)
let used = POOL.length

const TEXT = Buffer.alloc(LENGTH, DASH)
/** Where the hexadecimal digits stand. */
const PLACES = Uint8Array.from(Array.from({ length: LENGTH }, (_, at) => at).filter(at => !DASHES.has(at)))

export function randomUuid(): string {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  const from = used
  used += 16
  for (let i = 0; i < 16; i++) {
    let octet = POOL[from + i] ?? 0
    if (i === 6) octet = (octet & 0x0f) | 0x40
    else if (i === 8) octet = (octet & 0x3f) | 0x80
    TEXT[PLACES[i * 2] ?? 0] = DIGITS[octet >> 4] ?? 0
    TEXT[PLACES[i * 2 + 1] ?? 0] = DIGITS[octet & 15] ?? 0
  }
  return TEXT.toString('latin1')
}
