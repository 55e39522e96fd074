/** Character classes of RFC 9110 and 9112 as byte tables: one load decides, where comparisons would branch for each range. */

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const COLON = 0x3a

/**
 * Method names. Any token may be one (RFC 9110 section 9.1), but every registered one is of these, and bytes that were left over before
 * a request are less likely to pass for one.
 */
export const METHOD = table('-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ')

/** tchar (RFC 9110 section 5.6.2): field names. */
export const TOKEN = table("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

/** field-vchar, space, tab and obs-text (RFC 9110 section 5.5): everything but control bytes. */
export const FIELD_VALUE = range(0x20, 0xff)
FIELD_VALUE[HTAB] = 1
FIELD_VALUE[0x7f] = 0

/** Request target: visible ASCII. Wider than RFC 3986 (`|`, `{`, `"`: seen in the wild, and Envoy forwards them), without `#`. */
export const TARGET = range(0x21, 0x7e)
TARGET[0x23] = 0

/** uri-host without brackets, as in Host and in an authority (RFC 3986 section 3.2.2), `,` left out: it makes lists of names. */
export const HOST = table("-._~!$&'()*+;=%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

/** Value of a hexadecimal digit; 255: not one. */
export const HEX = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i
}

/** ASCII letters in lower case, every other byte as it is. */
export const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte))

/** Whether `bytes` from `start` spells `lower` (in lower case), whatever its case. The caller has checked that there are enough bytes. */
export function spells(bytes: Uint8Array, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if (LOWER[bytes[start + i] ?? 0] !== lower.charCodeAt(i)) return false
  }
  return true
}

/** Bytes as a string, one character each: what came in goes out the same, whatever its encoding was. */
export function textOf(bytes: Buffer, from: number, until: number): string {
  return bytes.toString('latin1', from, until)
}

function table(characters: string): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const character of characters) bytes[character.charCodeAt(0)] = 1
  return bytes
}

function range(first: number, last: number): Uint8Array {
  return new Uint8Array(256).fill(1, first, last + 1)
}
