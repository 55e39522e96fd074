/**
 * HPACK decoding (RFC 7541 section 6): one header block into fields. Fields of a table are handed out as they are, so a message that
 * only refers to entries makes no string at all.
 */
import { FIELD_VALUE, TOKEN } from '../../http1/ascii.ts'
import { DynamicTable } from './dynamic-table.ts'
import { Field, kindOf } from './field.ts'
import { decodeHuffman } from './huffman.ts'
import { STATIC_LENGTH, STATIC_TABLE } from './static-table.ts'

/** Who gets the fields of a block, in order. */
export interface FieldSink {
  /** @param sensitive never to be put into a table by whoever forwards it (RFC 7541 section 6.2.3) */
  add(field: Field, sensitive: boolean): void
}

const COLON = 0x3a
const SPACE = 0x20
const HTAB = 0x09

/** Lower-case tokens (RFC 9113 section 8.2.1). */
const NAME = TOKEN.map((allowed, byte) => (byte >= 0x41 && byte <= 0x5a ? 0 : allowed))

/** No length or index in a block can be more: blocks are limited to less. */
const MOST = 1 << 27

/** Where Huffman strings are decoded, by all connections: used up before the next one comes. */
let scratch = Buffer.allocUnsafeSlow(4096)

export class HpackDecoder {
  readonly #table: DynamicTable
  /** What we announced: the peer may choose less. */
  readonly #limit: number
  #bytes: Buffer = scratch
  #at = 0
  #end = 0
  /** The string read last keeps to its alphabet. */
  #clean = true

  /** @param limit SETTINGS_HEADER_TABLE_SIZE as announced, in octets */
  constructor(limit: number) {
    this.#limit = limit
    this.#table = new DynamicTable(limit)
  }

  /** @returns false: not HPACK; the connection can't go on, because the tables of both ends differ from here on */
  decode(bytes: Buffer, from: number, until: number, sink: FieldSink): boolean {
    this.#bytes = bytes
    this.#at = from
    this.#end = until
    let first = true
    while (this.#at < until) {
      const byte = bytes[this.#at] ?? 0
      if (byte >= 0x80) {
        const field = this.#entry(this.#integer(0x7f))
        if (field === undefined) return false
        sink.add(field, false)
      } else if (byte >= 0x40) {
        const field = this.#literal(0x3f)
        if (field === undefined) return false
        this.#table.insert(field)
        sink.add(field, false)
      } else if (byte >= 0x20) {
        // A change of the table's size comes before the first field.
        const size = this.#integer(0x1f)
        if (!first || size < 0 || size > this.#limit) return false
        this.#table.resize(size)
        continue
      } else {
        const field = this.#literal(0x0f)
        if (field === undefined) return false
        sink.add(field, byte >= 0x10)
      }
      first = false
    }
    return true
  }

  #entry(index: number): Field | undefined {
    if (index <= 0) return undefined
    return index <= STATIC_LENGTH ? STATIC_TABLE[index] : this.#table.get(index - STATIC_LENGTH - 1)
  }

  #literal(mask: number): Field | undefined {
    const index = this.#integer(mask)
    if (index < 0) return undefined
    if (index > 0) {
      const named = this.#entry(index)
      if (named === undefined) return undefined
      const value = this.#string(FIELD_VALUE)
      if (value === undefined) return undefined
      return new Field(named.name, value, named.kind, named.nameIsValid, named.nameIsValid && this.#clean)
    }
    const name = this.#string(NAME)
    if (name === undefined) return undefined
    const nameIsValid = this.#clean && name !== ''
    const value = this.#string(FIELD_VALUE)
    if (value === undefined) return undefined
    return new Field(name, value, kindOf(name), nameIsValid, nameIsValid && this.#clean)
  }

  /** RFC 7541 section 5.1. @returns -1: not one, or larger than anything can be here */
  #integer(mask: number): number {
    let value = (this.#bytes[this.#at++] ?? 0) & mask
    if (value < mask) return value
    for (let shift = 0; shift < 28 && this.#at < this.#end; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte & 0x7f) << shift
      if (value < 0 || value > MOST) return -1
      if (byte < 0x80) return value
    }
    return -1
  }

  /** @returns undefined: it does not end, or is not Huffman's code */
  #string(alphabet: Uint8Array): string | undefined {
    if (this.#at >= this.#end) return undefined
    const coded = (this.#bytes[this.#at] ?? 0) >= 0x80
    const length = this.#integer(0x7f)
    const from = this.#at
    if (length < 0 || from + length > this.#end) return undefined
    this.#at = from + length
    if (!coded) return this.#text(this.#bytes, from, from + length, alphabet)
    if (scratch.length < length * 2) scratch = Buffer.allocUnsafeSlow(length * 2)
    const decoded = decodeHuffman(this.#bytes, from, from + length, scratch)
    return decoded < 0 ? undefined : this.#text(scratch, 0, decoded, alphabet)
  }

  #text(bytes: Buffer, from: number, until: number, alphabet: Uint8Array): string {
    let clean = true
    // The colon of a pseudo-header field is no token character.
    const start = alphabet === NAME && bytes[from] === COLON ? from + 1 : from
    for (let i = start; i < until; i++) if (alphabet[bytes[i] ?? 0] === 0) clean = false
    if (until > from && alphabet === FIELD_VALUE && (isBlank(bytes[from]) || isBlank(bytes[until - 1]))) clean = false
    this.#clean = clean
    return bytes.toString('latin1', from, until)
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === HTAB
}
