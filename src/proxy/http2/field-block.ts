/**
 * The fields of one decoded header block, and whether they make an HTTP message (RFC 9113 section 8). The same object is filled again for
 * every block of a connection; the list of fields is the message's own.
 */

import { HeaderList } from '../http/headers.ts'
import { METHOD as METHOD_CHARACTERS, TARGET } from '../http1/ascii.ts'
import type { FieldSink } from './hpack/decoder.ts'
import {
  AUTHORITY,
  CONTENT_LENGTH,
  COOKIE,
  type Field,
  FORBIDDEN,
  HOST,
  METHOD,
  PATH,
  PROTOCOL,
  REGULAR,
  SCHEME,
  STATUS,
  TE,
} from './hpack/field.ts'

export interface BlockLimits {
  /** Octets of all names and values. Envoy's max_request_headers_kb, 60 KiB. */
  readonly maxHeadBytes: number
  /** Envoy's max_headers_count, 100. */
  readonly maxFields: number
}

/** Fields that may hold what must not go into a compression table (RFC 7541 section 6.2.3): passed on so. */
export class ReceivedHeaders extends HeaderList {
  /** Names of fields that came never-indexed; undefined: none did. */
  readonly sensitive: readonly string[] | undefined

  constructor(fields: string[], sensitive: readonly string[] | undefined) {
    super(fields)
    this.sensitive = sensitive
  }
}

export class FieldBlock implements FieldSink {
  method: string | undefined
  scheme: string | undefined
  authority: string | undefined
  path: string | undefined
  protocol: string | undefined
  status: string | undefined
  host: string | undefined
  /** -1: none. */
  contentLength = -1
  /** What is wrong with it; empty: nothing. */
  malformed = ''
  /** Over a limit: its fields were not all kept. */
  tooLarge = false
  readonly #limits: BlockLimits
  #fields: string[] = []
  #sensitive: string[] | undefined
  #bytes = 0
  #count = 0
  #cookieAt = -1
  #hasPseudo = false
  #hasRegular = false

  constructor(limits: BlockLimits) {
    this.#limits = limits
  }

  begin(): void {
    this.method = undefined
    this.scheme = undefined
    this.authority = undefined
    this.path = undefined
    this.protocol = undefined
    this.status = undefined
    this.host = undefined
    this.contentLength = -1
    this.malformed = ''
    this.tooLarge = false
    this.#fields = []
    this.#sensitive = undefined
    this.#bytes = 0
    this.#count = 0
    this.#cookieAt = -1
    this.#hasPseudo = false
    this.#hasRegular = false
  }

  /** The fields without pseudo-header fields and `host`. To be taken once. */
  takeHeaders(): HeaderList {
    return new ReceivedHeaders(this.#fields, this.#sensitive)
  }

  add(field: Field, sensitive: boolean): void {
    const { name, value, kind } = field
    this.#bytes += name.length + value.length
    this.#count++
    if (this.#bytes > this.#limits.maxHeadBytes || this.#count > this.#limits.maxFields) this.tooLarge = true
    if (this.tooLarge) return
    if (!field.isValid) this.#refuse('a field with characters that are not allowed')
    else if (kind >= METHOD) this.#addPseudo(kind, value)
    else {
      this.#hasRegular = true
      if (kind === REGULAR) this.#fields.push(name, value)
      else this.#addSpecial(kind, name, value)
      if (sensitive) {
        this.#sensitive ??= []
        this.#sensitive.push(name)
      }
    }
  }

  /** Checks a request's head (section 8.3.1). @returns what is wrong; empty: nothing */
  checkRequest(allowsConnectProtocol: boolean): string {
    if (this.malformed !== '') return this.malformed
    if (this.status !== undefined) return ':status in a request'
    const { method, path, authority } = this
    if (method === undefined || !isOf(method, METHOD_CHARACTERS)) return 'no :method, or not a method'
    const target = authority ?? this.host ?? ''
    if (!isOf(target, TARGET) || target.includes('@') || target.includes('/')) return 'an :authority that is none'
    if (this.protocol !== undefined && (method !== 'CONNECT' || !allowsConnectProtocol)) return ':protocol that was not asked for'
    if (method === 'CONNECT' && this.protocol === undefined) {
      if (this.scheme !== undefined || path !== undefined) return 'CONNECT with :scheme or :path'
      return target === '' ? 'CONNECT without :authority' : ''
    }
    if (this.scheme === undefined || this.scheme === '') return 'no :scheme'
    if (path === undefined || path === '' || !isOf(path, TARGET)) return 'no :path, or not a path'
    return ''
  }

  /** Checks a response's head (section 8.3.2). */
  checkResponse(): string {
    if (this.malformed !== '') return this.malformed
    const { status } = this
    if (this.method !== undefined || this.scheme !== undefined || this.path !== undefined)
      return 'a pseudo-header field of requests'
    if (this.authority !== undefined || this.protocol !== undefined) return 'a pseudo-header field of requests'
    if (status === undefined || status.length !== 3 || !(Number(status) >= 100)) return 'no :status, or not a status'
    return status === '101' ? 'status 101, which HTTP/2 does not have' : ''
  }

  /** Checks trailers (section 8.1). */
  checkTrailers(): string {
    if (this.malformed !== '') return this.malformed
    return this.#hasPseudo ? 'a pseudo-header field among trailers' : ''
  }

  #refuse(reason: string): void {
    if (this.malformed === '') this.malformed = reason
  }

  #addPseudo(kind: number, value: string): void {
    if (this.#hasRegular) this.#refuse('a pseudo-header field behind others')
    this.#hasPseudo = true
    let before: string | undefined
    switch (kind) {
      case METHOD:
        before = this.method
        this.method = value
        break
      case SCHEME:
        before = this.scheme
        this.scheme = value
        break
      case AUTHORITY:
        before = this.authority
        this.authority = value
        break
      case PATH:
        before = this.path
        this.path = value
        break
      case PROTOCOL:
        before = this.protocol
        this.protocol = value
        break
      case STATUS:
        before = this.status
        this.status = value
        break
      default:
        this.#refuse('an unknown pseudo-header field')
    }
    if (before !== undefined) this.#refuse('a pseudo-header field twice')
  }

  #addSpecial(kind: number, name: string, value: string): void {
    const fields = this.#fields
    switch (kind) {
      case COOKIE:
        // Split over several fields for the sake of compression; joined by "," it would mean something else (section 8.2.3).
        if (this.#cookieAt >= 0) {
          fields[this.#cookieAt] = `${fields[this.#cookieAt]}; ${value}`
          return
        }
        this.#cookieAt = fields.length + 1
        break
      case CONTENT_LENGTH: {
        const length = /^\d{1,15}$/.test(value) ? Number(value) : -1
        if (length < 0 || (this.contentLength >= 0 && this.contentLength !== length))
          this.#refuse('a content-length that is none')
        if (this.contentLength >= 0) return
        this.contentLength = length
        break
      }
      case TE:
        if (value !== 'trailers') this.#refuse('te other than trailers')
        break
      case HOST:
        if (this.host !== undefined && this.host !== value) this.#refuse('host twice')
        this.host = value
        return
      case FORBIDDEN:
        this.#refuse('a field of HTTP/1.1 connections')
        return
    }
    fields.push(name, value)
  }
}

function isOf(text: string, characters: Uint8Array): boolean {
  if (text.length === 0) return characters === TARGET
  for (let i = 0; i < text.length; i++) if (characters[text.charCodeAt(i)] !== 1) return false
  return true
}
