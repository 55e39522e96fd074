/**
 * ASN.1 in DER (X.690): as much of it as certificates, requests and revocation lists need. Writing is a handful of functions whose results are
 * put into one another; reading is strict, because what is read comes from strangers.
 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** @param number of the context-specific tag @param constructed whether its content are elements */
export function contextTag(number: number, constructed: boolean): number {
  return (constructed ? 0xa0 : 0x80) | number
}

export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...content])
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, ...content)
}

/** @param value not negative: a number, or the bytes of a large one, most significant first */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === 'number' ? Buffer.from(hexOf(value), 'hex') : value
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const digits = bytes.subarray(from)
  // A leading one would make it negative.
  return element(TAG.integer, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.alloc(1), digits] : [digits]))
}

/** @param dotted "1.2.840.10045.4.3.2" */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(TAG.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

export function boolean(value: boolean): Buffer {
  return element(TAG.boolean, Buffer.from([value ? 0xff : 0]))
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(TAG.octetString, bytes)
}

/** @param unused bits at the end of the last byte that do not count */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(TAG.bitString, Buffer.from([unused]), bytes)
}

export function utf8String(text: string): Buffer {
  return element(TAG.utf8String, Buffer.from(text))
}

/** As RFC 5280 4.1.2.5 wants it: two digits of the year until 2049. @param ms since the epoch; fractions of a second are dropped */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  const year = Number(digits.slice(0, 4))
  if (year < 2050) return element(TAG.utcTime, Buffer.from(digits.slice(2)))
  return element(TAG.generalizedTime, Buffer.from(digits))
}

export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** With tag and length. */
  readonly bytes: Buffer
}

/** Reads one element after the other. */
export class DerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The tag of the next element; -1 at the end. */
  get tag(): number {
    return this.#bytes[this.#at] ?? -1
  }

  /** @throws when it is not there, not of that tag, or longer than what holds it */
  read(tag: number): DerElement {
    const start = this.#at
    if (this.tag !== tag) throw new Error(`expected tag 0x${tag.toString(16)} at byte ${start}, found ${found(this.tag)}`)
    const { length, from } = this.#length(start + 1)
    const end = from + length
    if (end > this.#bytes.length) throw new Error(`the element at byte ${start} is longer than what holds it`)
    this.#at = end
    return { tag, content: this.#bytes.subarray(from, end), bytes: this.#bytes.subarray(start, end) }
  }

  /** The elements within the next one. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).content)
  }

  skip(): void {
    this.read(this.tag)
  }

  /** @throws when something is left */
  end(): void {
    if (!this.atEnd) throw new Error(`expected nothing more at byte ${this.#at}`)
  }

  #length(at: number): { length: number; from: number } {
    const first = this.#bytes[at]
    if (first === undefined) throw new Error(`the element at byte ${at - 1} has no length`)
    if (first < 0x80) return { length: first, from: at + 1 }
    const count = first & 0x7f
    if (count === 0 || count > 3) throw new Error(`the length at byte ${at} is not one of DER`)
    if (at + count >= this.#bytes.length) throw new Error(`the length at byte ${at} is cut off`)
    const length = this.#bytes.readUIntBE(at + 1, count)
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new Error(`the length at byte ${at} is not the shortest`)
    return { length, from: at + 1 + count }
  }
}

/** @returns dotted */
export function readObjectId({ content }: DerElement): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    numbers.push(value)
    value = 0
  }
  const [first = 0, ...rest] = numbers
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

/** @throws when bits at the end are unused: keys and signatures have none */
export function readBitString({ content }: DerElement): Buffer {
  if (content[0] !== 0) throw new Error('expected a bit string of whole bytes')
  return content.subarray(1)
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

function base128(value: number): number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128))
  return bytes
}

function hexOf(value: number): string {
  const digits = value.toString(16)
  return digits.length % 2 === 0 ? digits : `0${digits}`
}

function found(tag: number): string {
  return tag < 0 ? 'the end' : `0x${tag.toString(16)}`
}
