/**
 * HPACK encoding (RFC 7541 section 6). A field enters the table when its value is seen for the second time in a row, or when its name
 * could not be said otherwise: values that change with every request (ids, traces) never push useful entries out, and no list of names is
 * needed. Messages that repeat are then one octet a field; caching whole blocks beyond that gained nothing that could be measured.
 */

import { blockWriter } from './block-writer.ts'
import { FORBIDDEN, kindOf } from './field.ts'
import { STATIC_LENGTH, STATIC_NAMES, type StaticName } from './static-table.ts'

/** Names of a connection we keep account of; what comes beyond is sent as it is. */
const MOST_NAMES = 256
/** Longer values are not remembered. */
const LONGEST_KEPT = 1024
/** How many entries of a name are looked at. */
const MOST_LOOKS = 8
const OVERHEAD = 32

/** A short cookie could be guessed by watching lengths (RFC 7541 section 7.1.3). */
const SHORT_COOKIE = 20
const NEVER_INDEXED: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization'])
const COOKIES: ReadonlySet<string> = new Set(['cookie', 'set-cookie'])

interface Entry {
  readonly name: NameAccount
  readonly value: string
  readonly size: number
  /** Counts up with every insertion. */
  readonly number: number
}

/** What the encoder knows of one name. */
class NameAccount {
  readonly text: string
  readonly fixed: StaticName | undefined
  readonly secret: boolean
  readonly cookie: boolean
  /** Not said in HTTP/2. */
  readonly dropped: boolean
  /** In the table, oldest first. */
  readonly entries: Entry[] = []
  /** Said last, not in the table. */
  last: string | undefined

  constructor(text: string) {
    this.text = text
    this.fixed = STATIC_NAMES.get(text)
    this.secret = NEVER_INDEXED.has(text)
    this.cookie = COOKIES.has(text)
    this.dropped = kindOf(text) === FORBIDDEN
  }
}

export class HpackEncoder {
  /** For `Headers.forEach`: one function for a connection, not one for a message. */
  readonly encodeField: (name: string, value: string) => void
  readonly #names = new Map<string, NameAccount>()
  /** Oldest first, from `#oldest` on. */
  #entries: Entry[] = []
  #oldest = 0
  #inserted = 0
  #size = 0
  #maxSize: number
  /** The smallest size since the last block, which has to be said first; -1: nothing to say. */
  #announce = -1
  /** Names that came marked as never to be indexed. */
  #sensitive: readonly string[] | undefined

  /** @param maxSize of the table, in octets; not more than the peer allows, which is 4096 until it says otherwise */
  constructor(maxSize: number) {
    this.#maxSize = maxSize
    this.encodeField = (name, value) => this.field(name, value)
  }

  /** To be called before the first field of a block. @param sensitive names of the message that came never-indexed */
  begin(sensitive: readonly string[] | undefined): void {
    this.#sensitive = sensitive
    blockWriter.begin()
    if (this.#announce < 0) return
    if (this.#announce < this.#maxSize) blockWriter.integer(0x20, 0x1f, this.#announce)
    blockWriter.integer(0x20, 0x1f, this.#maxSize)
    this.#announce = -1
  }

  /** The peer allows another size (SETTINGS_HEADER_TABLE_SIZE). */
  resize(maxSize: number): void {
    if (maxSize === this.#maxSize) return
    this.#announce = this.#announce < 0 ? maxSize : Math.min(this.#announce, maxSize)
    this.#maxSize = maxSize
    this.#evictTo(maxSize)
  }

  field(text: string, value: string): void {
    const name = this.#names.get(text) ?? this.#account(text)
    if (name.dropped) return
    const { entries, fixed } = name
    for (let i = entries.length - 1, looks = MOST_LOOKS; i >= 0 && looks > 0; i--, looks--) {
      const entry = entries[i]
      if (entry === undefined || entry.value !== value) continue
      blockWriter.integer(0x80, 0x7f, this.#indexOf(entry))
      return
    }
    if (fixed !== undefined) {
      const at = fixed.values.indexOf(value)
      if (at >= 0 && value !== '') {
        blockWriter.integer(0x80, 0x7f, fixed.index + at)
        return
      }
    }
    this.#literal(name, value)
  }

  #literal(name: NameAccount, value: string): void {
    const newest = name.entries.at(-1)
    const index = name.fixed !== undefined ? name.fixed.index : newest === undefined ? 0 : this.#indexOf(newest)
    if (name.secret || (name.cookie && value.length < SHORT_COOKIE) || this.#sensitive?.includes(name.text)) {
      blockWriter.integer(0x10, 0x0f, index)
      this.#strings(name, value, index)
      return
    }
    const size = name.text.length + value.length + OVERHEAD
    if ((name.last === value || index === 0) && size <= this.#maxSize >> 1 && this.#names.has(name.text)) {
      blockWriter.integer(0x40, 0x3f, index)
      this.#strings(name, value, index)
      this.#insert(name, value, size)
      return
    }
    if (value.length <= LONGEST_KEPT) name.last = value
    blockWriter.integer(0, 0x0f, index)
    this.#strings(name, value, index)
  }

  #strings(name: NameAccount, value: string, index: number): void {
    if (index === 0) blockWriter.string(name.text)
    blockWriter.string(value)
  }

  #indexOf(entry: Entry): number {
    return STATIC_LENGTH + this.#inserted - entry.number
  }

  #insert(name: NameAccount, value: string, size: number): void {
    this.#evictTo(this.#maxSize - size)
    const entry = { name, value, size, number: this.#inserted++ }
    this.#entries.push(entry)
    name.entries.push(entry)
    name.last = undefined
    this.#size += size
  }

  #evictTo(size: number): void {
    while (this.#size > size) {
      const entry = this.#entries[this.#oldest++]
      if (entry === undefined) break
      this.#size -= entry.size
      entry.name.entries.shift()
    }
    if (this.#oldest < 64) return
    this.#entries = this.#entries.slice(this.#oldest)
    this.#oldest = 0
  }

  #account(text: string): NameAccount {
    const name = new NameAccount(text)
    if (this.#names.size < MOST_NAMES) this.#names.set(text, name)
    return name
  }
}
