/**
 * Reads field lines, the part that requests, responses and trailers have in common, byte by byte and strictly (RFC 9112 section 5).
 * Bytes may come in any portions.
 *
 * Hot path: one pass over the bytes, no string but of what is asked for, no allocation besides the block itself.
 */
import { COLON, CR, FIELD_VALUE, HTAB, LF, SPACE, TOKEN, textOf } from './ascii.ts'
import { FramingFields } from './framing-fields.ts'
import { HeaderBlock, lineKey } from './header-block.ts'
import type { ProtocolErrorCode } from './protocol-error.ts'

/** `read` took all bytes, and the head goes on. */
export const NEED_MORE = -1
/** The peer broke the protocol: see `error`. */
export const FAILED = -2

export interface HeadLimits {
  /** Bytes of a head, start line included. Envoy's max_request_headers_kb. */
  readonly maxHeadBytes: number
  /** Envoy's max_headers_count. */
  readonly maxFields: number
}

/** Envoy's defaults. */
export const DEFAULT_HEAD_LIMITS: HeadLimits = { maxHeadBytes: 60 * 1024, maxFields: 100 }

const NO_BYTES: Buffer = Buffer.alloc(0)
export abstract class HeadReader {
  error: ProtocolErrorCode = 'http1.unexpected_bytes'
  /** More about the error, for the log. */
  detail = ''

  /** What the last complete head says. */
  headers = new HeaderBlock(NO_BYTES, [0], -1)
  readonly framing = new FramingFields()
  /** 1 or 0 of HTTP/1.x. */
  minorVersion = 1

  protected readonly limits: HeadLimits
  /** The head so far, when it did not come in one piece. */
  #store = NO_BYTES
  #stored = 0
  /** The start line is done. */
  #inFields = false
  /** Offsets from the start of the head: the first field line, and the line to be scanned next. */
  #fieldsAt = 0
  #next = 0
  #lines: number[] = []
  #failed = false

  constructor(limits: HeadLimits) {
    this.limits = limits
  }

  /** Bytes of a head that is not complete. */
  get stored(): number {
    return this.#stored
  }

  /** @returns where in `bytes` the head ends (then the fields above tell what it says), NEED_MORE or FAILED. Never reads beyond the head. */
  read(bytes: Buffer, from: number): number {
    if (this.#stored === 0) {
      this.#begin()
      const end = this.#scan(bytes, from, bytes.length)
      if (end === NEED_MORE) return this.#keep(bytes, from)
      return end
    }
    const before = this.#stored
    this.#append(bytes, from)
    // A line ends, or is wrong, only at or after a control byte; so many tiny portions cost no more than one scan of each line.
    if (!hasControl(this.#store, before - 1, this.#stored)) return this.#checkSize(NEED_MORE)
    const end = this.#scan(this.#store, 0, this.#stored)
    if (end < 0) return this.#checkSize(end)
    this.#stored = 0
    this.#store = NO_BYTES
    return from + end - before
  }

  /** @returns the offset behind the start line, NEED_MORE or FAILED (after `fail`). `base` is where the head starts. */
  protected abstract startLine(bytes: Buffer, base: number, end: number): number

  /** A field line whose name may have a meaning for the codec. @returns false to take it out; after an error it does not matter. */
  protected abstract field(bytes: Buffer, name: number, length: number, value: number, end: number): boolean

  /** All lines are there. @returns whether they make sense together; false after `fail`, or an error of `framing`. */
  protected abstract complete(bytes: Buffer, base: number): boolean

  protected fail(error: ProtocolErrorCode, detail = ''): typeof FAILED {
    this.error = error
    this.detail = detail
    this.#failed = true
    return FAILED
  }

  #begin(): void {
    this.#lines = []
    this.#next = 0
    this.#inFields = false
    this.framing.begin()
  }

  #scan(bytes: Buffer, base: number, end: number): number {
    if (!this.#inFields) {
      const behind = this.startLine(bytes, base, end)
      if (behind < 0) return behind
      this.#inFields = true
      this.#fieldsAt = behind - base
      this.#next = behind - base
    }
    const fields = base + this.#fieldsAt
    const lines = this.#lines
    let position = base + this.#next
    for (;;) {
      if (position >= end) return NEED_MORE
      let byte = bytes[position] ?? 0
      if (byte === CR) {
        if (position + 1 >= end) return NEED_MORE
        if (bytes[position + 1] !== LF) return this.fail('http1.bare_cr')
        return this.#finish(bytes, base, position)
      }
      let i = position
      while (i < end) {
        byte = bytes[i] ?? 0
        if (TOKEN[byte] === 0) break
        i++
      }
      if (i >= end) return NEED_MORE
      if (byte !== COLON || i === position) return this.#failName(bytes, position, i, byte)
      const colon = i
      i++
      while (i < end) {
        byte = bytes[i] ?? 0
        if (FIELD_VALUE[byte] === 0) break
        i++
      }
      if (i >= end) return NEED_MORE
      if (byte !== CR) return this.fail(byte === LF ? 'http1.bare_lf' : 'http1.bad_field_value', `byte ${byte}`)
      if (i + 1 >= end) return NEED_MORE
      if (bytes[i + 1] !== LF) return this.fail('http1.bare_cr')
      if (lines.length >= 2 * this.limits.maxFields)
        return this.fail('http1.too_many_fields', `more than ${this.limits.maxFields}`)

      const length = colon - position
      let key = lineKey(length, bytes[position] ?? 0, bytes[colon - 1] ?? 0)
      // Only these lengths can be a name the codec cares for; most others are told apart by this one switch.
      if (MEANINGFUL_LENGTH[length & 31] === 1 && length < 32) {
        let valueEnd = i
        let value = colon + 1
        while (valueEnd > value && isBlank(bytes[valueEnd - 1])) valueEnd--
        while (value < valueEnd && isBlank(bytes[value])) value++
        if (!this.field(bytes, position, length, value, valueEnd)) key = 0
        if (this.#failed || this.framing.error !== undefined) return this.#failField()
      }
      lines.push(key, position - fields)
      position = i + 2
      this.#next = position - base
    }
  }

  #finish(bytes: Buffer, base: number, end: number): number {
    if (end + 2 - base > this.limits.maxHeadBytes) return this.#failSize()
    const lines = this.#lines
    const fields = base + this.#fieldsAt
    lines.push(end - fields)
    // A copy: the shared read buffer is reused before the head has done its work (retries, access log).
    const copy = Buffer.allocUnsafe(end - fields)
    bytes.copy(copy, 0, fields, end)
    this.headers = new HeaderBlock(copy, lines, this.framing.contentLength)
    this.#lines = []
    for (const name of this.framing.nominated) this.headers.remove(name)
    return this.complete(bytes, base) ? end + 2 : this.#failField()
  }

  /** Says what the framing fields found wrong, unless `fail` has been told already. */
  #failField(): typeof FAILED {
    const { error, detail } = this.framing
    return this.#failed || error === undefined ? FAILED : this.fail(error, detail)
  }

  #failName(bytes: Buffer, position: number, at: number, byte: number): typeof FAILED {
    if (at === position && (byte === SPACE || byte === HTAB)) return this.fail('http1.obs_fold')
    if (byte === LF) return this.fail('http1.bare_lf')
    return this.fail('http1.bad_field_name', textOf(bytes, position, Math.min(at + 1, position + 32)))
  }

  #failSize(): typeof FAILED {
    return this.fail('http1.head_too_large', `more than ${this.limits.maxHeadBytes} bytes`)
  }

  #checkSize(result: number): number {
    return result === NEED_MORE && this.#stored > this.limits.maxHeadBytes ? this.#failSize() : result
  }

  #keep(bytes: Buffer, from: number): number {
    this.#store = Buffer.allocUnsafe(Math.max(1024, 2 * Math.min(bytes.length - from, this.limits.maxHeadBytes)))
    this.#append(bytes, from)
    return this.#checkSize(NEED_MORE)
  }

  #append(bytes: Buffer, from: number): void {
    // One byte above the limit is enough to know.
    const until = Math.min(bytes.length, from + this.limits.maxHeadBytes + 1 - this.#stored)
    const needed = this.#stored + until - from
    if (needed > this.#store.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#store.length))
      this.#store.copy(larger, 0, 0, this.#stored)
      this.#store = larger
    }
    bytes.copy(this.#store, this.#stored, from, until)
    this.#stored = needed
  }
}

/** Lengths of the names in the readers' `field` methods. */
const MEANINGFUL_LENGTH = new Uint8Array(32)
for (const name of ['te', 'host', 'upgrade', 'connection', 'content-length', 'proxy-connection', 'transfer-encoding']) {
  MEANINGFUL_LENGTH[name.length] = 1
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === HTAB
}

/** Whether there is a byte that may end a line: CR, LF and other control bytes. */
function hasControl(bytes: Buffer, from: number, until: number): boolean {
  for (let i = from; i < until; i++) {
    const byte = bytes[i] ?? 0
    if (byte < 0x20 && byte !== HTAB) return true
  }
  return false
}
