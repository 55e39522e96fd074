/**
 * Headers that keep the bytes they were received in. Nothing is made a string before somebody asks for it, and lines that nobody
 * touched are copied to the next connection as they came, in runs.
 */
import type { Headers } from '../http/headers.ts'
import { CR, HTAB, LOWER, SPACE, textOf } from './ascii.ts'

/** The key of a line that was taken out. */
const REMOVED = 0

/** Two ints a line: its key, and where it starts in the bytes. It ends where the next one starts. */
const STRIDE = 2

export class HeaderBlock implements Headers {
  /** The head as received; lines end with CRLF. */
  readonly #bytes: Buffer
  /** key, start, key, start, ..., and where the last line ends. A plain array of small integers: cheaper to make than a typed one. */
  readonly #lines: number[]
  /** name, value, ... of what was added; undefined as long as nothing was. */
  #added: string[] | undefined
  #contentLength: number

  /** @param contentLength what the lines say of it, -1: nothing */
  constructor(bytes: Buffer, lines: number[], contentLength: number) {
    this.#bytes = bytes
    this.#lines = lines
    this.#contentLength = contentLength
  }

  /** Content-Length as a number; -1: there is none, or none that is well formed. */
  get contentLength(): number {
    return this.#contentLength
  }

  get isEmpty(): boolean {
    return this.#lines.length === 1 && this.#added === undefined
  }

  get(name: string): string | undefined {
    const lines = this.#lines
    const key = keyOf(name)
    let found: string | undefined
    for (let i = 0; i < lines.length - 1; i += STRIDE) {
      if (lines[i] !== key || !this.#isNamed(i, name)) continue
      found = found === undefined ? this.#value(i) : `${found},${this.#value(i)}`
    }
    const added = this.#added
    if (added === undefined) return found
    for (let i = 0; i < added.length; i += 2) {
      if (added[i] === name) found = found === undefined ? added[i + 1] : `${found},${added[i + 1]}`
    }
    return found
  }

  has(name: string): boolean {
    const lines = this.#lines
    const key = keyOf(name)
    for (let i = 0; i < lines.length - 1; i += STRIDE) if (lines[i] === key && this.#isNamed(i, name)) return true
    const added = this.#added
    if (added === undefined) return false
    for (let i = 0; i < added.length; i += 2) if (added[i] === name) return true
    return false
  }

  set(name: string, value: string): void {
    this.remove(name)
    this.add(name, value)
  }

  add(name: string, value: string): void {
    if (name === 'content-length') this.#contentLength = this.has(name) ? -1 : parseLength(value)
    if (this.#added === undefined) this.#added = [name, value]
    else this.#added.push(name, value)
  }

  remove(name: string): void {
    if (name === 'content-length') this.#contentLength = -1
    const lines = this.#lines
    const key = keyOf(name)
    for (let i = 0; i < lines.length - 1; i += STRIDE) if (lines[i] === key && this.#isNamed(i, name)) lines[i] = REMOVED
    const added = this.#added
    if (added === undefined) return
    for (let i = added.length - 2; i >= 0; i -= 2) if (added[i] === name) added.splice(i, 2)
  }

  forEach(visit: (name: string, value: string) => void): void {
    const lines = this.#lines
    for (let i = 0; i < lines.length - 1; i += STRIDE) {
      const key = lines[i] ?? REMOVED
      if (key === REMOVED) continue
      const start = lines[i + 1] ?? 0
      visit(textOf(this.#bytes, start, start + (key & 0xffff)).toLowerCase(), this.#value(i))
    }
    const added = this.#added
    if (added === undefined) return
    for (let i = 0; i < added.length; i += 2) visit(added[i] ?? '', added[i + 1] ?? '')
  }

  /** name, value, ... of what was added to the received lines; undefined: nothing. For the encoder. */
  get added(): readonly string[] | undefined {
    return this.#added
  }

  /** No more bytes than this are written by `copyLines`. */
  get byteLength(): number {
    return this.#bytes.length
  }

  /** Copies the lines that are left, with their CRLF. @returns where the copy ends in `target` */
  copyLines(target: Buffer, at: number): number {
    const lines = this.#lines
    let runStart = -1
    for (let i = 0; i < lines.length - 1; i += STRIDE) {
      if (lines[i] !== REMOVED) {
        if (runStart === -1) runStart = lines[i + 1] ?? 0
      } else if (runStart !== -1) {
        at += this.#bytes.copy(target, at, runStart, lines[i + 1])
        runStart = -1
      }
    }
    if (runStart !== -1) at += this.#bytes.copy(target, at, runStart, lines[lines.length - 1])
    return at
  }

  #isNamed(line: number, name: string): boolean {
    const bytes = this.#bytes
    const start = this.#lines[line + 1] ?? 0
    for (let i = 0; i < name.length; i++) if (LOWER[bytes[start + i] ?? 0] !== name.charCodeAt(i)) return false
    return true
  }

  #value(line: number): string {
    const bytes = this.#bytes
    const lines = this.#lines
    let start = (lines[line + 1] ?? 0) + ((lines[line] ?? 0) & 0xffff) + 1
    // A line ends with the next one's start, or with the block; the trailing CRLF is the line's.
    let end = lines[line + 3 < lines.length ? line + 3 : line + 2] ?? 0
    while (isBlank(bytes[end - 1])) end--
    while (start < end && isBlank(bytes[start])) start++
    return textOf(bytes, start, end)
  }
}

/** Content-Length of any headers; -1: none, or none that is well formed. */
export function lengthOf(headers: Headers): number {
  if (headers instanceof HeaderBlock) return headers.contentLength
  const value = headers.get('content-length')
  return value === undefined ? -1 : parseLength(value)
}

function parseLength(value: string): number {
  // 15 digits are below 2^53.
  return /^\d{1,15}$/.test(value) ? Number(value) : -1
}

/**
 * What tells most names apart with one comparison: length, first and last letter. Never 0 (REMOVED): names are not empty.
 * The parser makes the same key of bytes.
 */
export function lineKey(length: number, first: number, last: number): number {
  return length | ((first | 0x20) << 16) | ((last | 0x20) << 24)
}

function keyOf(name: string): number {
  const length = name.length
  return length === 0 ? -1 : lineKey(length, name.charCodeAt(0), name.charCodeAt(length - 1))
}

/** Optional white space around a value, and the line's end. */
function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === HTAB || byte === CR || byte === 0x0a
}
