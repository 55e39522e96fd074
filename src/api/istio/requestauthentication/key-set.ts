/** Checks that a text holds public keys in JSON (RFC 7517): a set, or a single key. Whether a key is sound is seen when it is used. */
import { isRecord } from '../../schema/prune.ts'

/** What each type of key cannot do without (RFC 7518 section 6, RFC 8037). */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
}

/** @returns what is wrong, or undefined; never the keys themselves, for a symmetric one is a secret */
export function checkKeySet(text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'the keys are not JSON: expected {"keys": [...]}'
  }
  if (!isRecord(value)) return 'the keys are not a JSON object: expected {"keys": [...]}'
  const keys = Array.isArray(value['keys']) ? value['keys'] : [value]
  for (const [index, key] of keys.entries()) {
    const type = isRecord(key) ? key['kty'] : undefined
    const needed = typeof type === 'string' ? NEEDED[type] : undefined
    if (!isRecord(key) || !needed) return `key ${index} has no type that is known: expected kty RSA, EC, OKP or oct`
    const missing = needed.filter(name => typeof key[name] !== 'string')
    if (missing.length > 0) return `key ${index} is incomplete: expected ${missing.join(' and ')} beside kty ${type}`
  }
  return undefined
}
