/**
 * What a head says about the message and its connection: Content-Length, Transfer-Encoding, Connection, Upgrade. Anything that two servers
 * could read in two ways is an error (RFC 9112 sections 6 and 11.2).
 */
import { spells, textOf } from './ascii.ts'
import type { ProtocolErrorCode } from './protocol-error.ts'

/** Fields that frame or route the message: naming them in Connection does not make them go away. */
const NOT_HOP_BY_HOP = ['host', 'content-length', 'transfer-encoding', 'trailer', 'te', 'upgrade', 'connection']

const NONE: readonly string[] = []

export class FramingFields {
  error: ProtocolErrorCode | undefined
  /** More about the error, for the log. */
  detail = ''
  /** -1: there is none. */
  contentLength = -1
  /** Transfer-Encoding is exactly "chunked". */
  chunked = false
  /** Connection lists close. */
  close = false
  /** Connection lists keep-alive. */
  keepAlive = false
  /** Names of fields for this hop only, as Connection lists them. */
  nominated: readonly string[] = NONE
  #upgrade: string | undefined
  #connectionUpgrade = false

  /** Another head. */
  begin(): void {
    this.contentLength = -1
    this.chunked = false
    this.close = false
    this.keepAlive = false
    this.nominated = NONE
    this.#upgrade = undefined
    this.#connectionUpgrade = false
  }

  /** The protocols of Upgrade in lower case, if Connection lists it too. */
  get upgrade(): string | undefined {
    return this.#connectionUpgrade ? this.#upgrade : undefined
  }

  /**
   * Takes a field in if its name is one of these; the caller knows that the name has `length` bytes.
   * @returns whether the field is for this hop only, and not to be passed on. After an error it does not matter.
   */
  take(bytes: Buffer, name: number, length: number, value: number, end: number): boolean {
    switch (length) {
      case 7:
        if (!spells(bytes, name, 'upgrade')) return false
        this.#upgrade = textOf(bytes, value, end).toLowerCase()
        return true
      case 10:
        if (spells(bytes, name, 'keep-alive')) return true
        if (!spells(bytes, name, 'connection')) return false
        this.#connection(bytes, value, end)
        return true
      case 14:
        if (spells(bytes, name, 'content-length')) this.#length(bytes, value, end)
        return false
      case 16:
        return spells(bytes, name, 'proxy-connection')
      case 17:
        if (!spells(bytes, name, 'transfer-encoding')) return false
        this.#transferEncoding(bytes, value, end)
        return true
      default:
        return false
    }
  }

  /** What the fields say together (RFC 9112 section 6.3). @returns false after an error */
  makeSense(minorVersion: number): boolean {
    if (!this.chunked) return true
    if (this.contentLength !== -1) this.#fail('http1.content_length_with_transfer_encoding')
    else if (minorVersion === 0) this.#fail('http1.transfer_encoding_in_http_1_0')
    else return true
    return false
  }

  /** Connection (RFC 9110 section 7.6.1): its options, and names of fields that are for this hop only. */
  #connection(bytes: Buffer, value: number, end: number): void {
    const length = end - value
    // What is said almost always, without making a string.
    if (length === 10 && spells(bytes, value, 'keep-alive')) {
      this.keepAlive = true
      return
    }
    if (length === 5 && spells(bytes, value, 'close')) {
      this.close = true
      return
    }
    for (const part of textOf(bytes, value, end).split(',')) {
      const option = part.trim().toLowerCase()
      if (option === 'close') this.close = true
      else if (option === 'keep-alive') this.keepAlive = true
      else if (option === 'upgrade') this.#connectionUpgrade = true
      else if (option !== '' && !NOT_HOP_BY_HOP.includes(option)) this.nominated = [...this.nominated, option]
    }
  }

  /** Content-Length: digits only, once only. */
  #length(bytes: Buffer, value: number, end: number): void {
    if (this.contentLength !== -1) {
      this.#fail('http1.several_content_lengths')
      return
    }
    // 15 digits are below 2^53, and more than any body.
    let length = end > value && end - value <= 15 ? 0 : -1
    for (let i = value; i < end && length >= 0; i++) {
      const digit = (bytes[i] ?? 0) - 0x30
      length = digit >= 0 && digit <= 9 ? length * 10 + digit : -1
    }
    if (length < 0) this.#fail('http1.bad_content_length', textOf(bytes, value, Math.min(end, value + 32)))
    else this.contentLength = length
  }

  /** Transfer-Encoding: "chunked", once, is all we speak. */
  #transferEncoding(bytes: Buffer, value: number, end: number): void {
    if (!this.chunked && end - value === 7 && spells(bytes, value, 'chunked')) {
      this.chunked = true
      return
    }
    const text = textOf(bytes, value, end)
    // "chunked" in a list or twice is an attempt to be read differently by two servers; another coding is merely not ours.
    const attempt = this.chunked || text === '' || text.toLowerCase().includes('chunked')
    this.#fail(attempt ? 'http1.bad_transfer_encoding' : 'http1.unsupported_transfer_encoding', text.slice(0, 32))
  }

  #fail(error: ProtocolErrorCode, detail = ''): void {
    this.error = error
    this.detail = detail
  }
}
