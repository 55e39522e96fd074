/** Reads request heads: request line, target forms, Host (RFC 9112 section 3). */
import { CR, HEX, HOST, LF, METHOD, SPACE, spells, TARGET, textOf } from './ascii.ts'
import { HeadReader, NEED_MORE } from './head-reader.ts'

/** Methods whose names need not be made anew. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE']

export class RequestReader extends HeadReader {
  method = ''
  path = ''
  authority = ''
  /** The scheme of an absolute-form target. */
  scheme: 'http' | 'https' | undefined
  upgrade: string | undefined

  /** Offsets from the start of the head. */
  #targetAt = 0
  #targetEnd = 0
  #hosts = 0
  /** The value of Host; kept from one request to the next, for a connection mostly asks one host. */
  #host = ''
  #badHost = false
  /** Bytes of an empty line before the request. */
  #blank = 0

  /** A part of a request has come; an empty line that may precede one does not count. */
  get begun(): boolean {
    return this.stored > this.#blank
  }

  protected override startLine(bytes: Buffer, base: number, end: number): number {
    let position = base
    this.#blank = 0
    // One empty line before a request is forgiven (RFC 9112 section 2.2).
    if (bytes[position] === CR) {
      if (position + 1 >= end) return NEED_MORE
      if (bytes[position + 1] !== LF) return this.fail('http1.bare_cr')
      position += 2
      this.#blank = 2
    }
    this.#hosts = 0
    this.#badHost = false
    let byte = 0
    let i = position
    while (i < end) {
      byte = bytes[i] ?? 0
      if (METHOD[byte] === 0) break
      i++
    }
    if (i >= end) return NEED_MORE
    if (byte !== SPACE || i === position)
      return this.fail('http1.bad_method', textOf(bytes, position, Math.min(i + 1, position + 32)))
    this.method = methodAt(bytes, position, i)
    const target = ++i
    while (i < end) {
      byte = bytes[i] ?? 0
      if (TARGET[byte] === 0) break
      i++
    }
    if (i >= end) return NEED_MORE
    if (byte === 0x23) return this.fail('http1.target_with_fragment')
    if (byte === CR || byte === LF) return this.fail('http1.bad_request_line', 'no version')
    if (byte !== SPACE || i === target) return this.fail('http1.bad_target', textOf(bytes, target, Math.min(i + 1, target + 32)))
    this.#targetAt = target - base
    this.#targetEnd = i - base
    return this.#version(bytes, i + 1, end)
  }

  protected override field(bytes: Buffer, name: number, length: number, value: number, end: number): boolean {
    switch (length) {
      case 2:
        // Only "trailers" means something beyond this hop.
        return !spells(bytes, name, 'te') || (end - value === 8 && spells(bytes, value, 'trailers'))
      case 4:
        if (!spells(bytes, name, 'host')) return true
        this.#readHost(bytes, value, end)
        return false
      default:
        return !this.framing.take(bytes, name, length, value, end)
    }
  }

  protected override complete(bytes: Buffer, base: number): boolean {
    const { framing } = this
    if (!framing.makeSense(this.minorVersion)) return false
    if (this.#hosts > 1) this.fail('http1.several_hosts')
    else if (this.#hosts === 0 && this.minorVersion === 1) this.fail('http1.missing_host')
    else if (this.#badHost) this.fail('http1.bad_host')
    else {
      const hasBody = framing.chunked || framing.contentLength > 0
      if (this.method === 'CONNECT' && hasBody) {
        this.fail('http1.body_in_connect')
        return false
      }
      // An upgrade can't be asked for in 1.0 (RFC 9110 section 7.8), and we do not take one with a body or to cleartext HTTP/2.
      const { upgrade } = framing
      this.upgrade = this.minorVersion === 1 && !hasBody && upgrade !== 'h2c' && upgrade !== '' ? upgrade : undefined
      return this.#target(bytes, base + this.#targetAt, base + this.#targetEnd)
    }
    return false
  }

  #version(bytes: Buffer, at: number, end: number): number {
    for (let i = 0; i < 8; i++) {
      if (at + i >= end) return NEED_MORE
      const byte = bytes[at + i] ?? 0
      const fits = i === 5 || i === 7 ? byte >= 0x30 && byte <= 0x39 : byte === 'HTTP/ . '.charCodeAt(i)
      if (!fits) return this.fail('http1.bad_request_line', 'no version')
    }
    const minor = (bytes[at + 7] ?? 0) - 0x30
    if (bytes[at + 5] !== 0x31 || minor > 1) return this.fail('http1.unsupported_version', textOf(bytes, at, at + 8))
    this.minorVersion = minor
    if (at + 8 >= end) return NEED_MORE
    if (bytes[at + 8] !== CR) return this.fail(bytes[at + 8] === LF ? 'http1.bare_lf' : 'http1.bad_request_line')
    if (at + 9 >= end) return NEED_MORE
    return bytes[at + 9] === LF ? at + 10 : this.fail('http1.bare_cr')
  }

  #readHost(bytes: Buffer, value: number, end: number): void {
    this.#hosts++
    const known = this.#host
    let same = end - value === known.length
    for (let i = 0; same && i < known.length; i++) same = bytes[value + i] === known.charCodeAt(i)
    if (same) return
    this.#badHost = !isAuthority(bytes, value, end) && value !== end
    this.#host = this.#badHost ? '' : textOf(bytes, value, end)
  }

  #target(bytes: Buffer, from: number, until: number): boolean {
    this.scheme = undefined
    this.authority = this.#host
    if (this.#hosts === 0) this.authority = ''
    if (this.method === 'CONNECT') {
      this.path = ''
      if (!isAuthority(bytes, from, until) || !hasPort(bytes, from, until)) return this.#badTarget(bytes, from, until)
      this.authority = textOf(bytes, from, until)
      return true
    }
    if (bytes[from] === 0x2f) {
      this.path = textOf(bytes, from, until)
      return this.#authorityIsKnown()
    }
    if (bytes[from] === 0x2a && until - from === 1 && this.method === 'OPTIONS') {
      this.path = '*'
      return this.#authorityIsKnown()
    }
    return this.#absolute(bytes, from, until)
  }

  /** http://host:port/path?query; its authority wins over Host (RFC 9112 section 3.2.2). */
  #absolute(bytes: Buffer, from: number, until: number): boolean {
    let at = 0
    if (until - from > 7 && spells(bytes, from, 'http://')) {
      this.scheme = 'http'
      at = from + 7
    } else if (until - from > 8 && spells(bytes, from, 'https://')) {
      this.scheme = 'https'
      at = from + 8
    } else return this.#badTarget(bytes, from, until)
    let slash = at
    while (slash < until && bytes[slash] !== 0x2f && bytes[slash] !== 0x3f) slash++
    if (!isAuthority(bytes, at, slash)) return this.#badTarget(bytes, from, until)
    this.authority = textOf(bytes, at, slash)
    const rest = textOf(bytes, slash, until)
    if (rest.startsWith('/')) this.path = rest
    else if (rest === '' && this.method === 'OPTIONS') this.path = '*'
    else this.path = `/${rest}`
    return true
  }

  /** An empty Host names nobody; only HTTP/1.0 may leave it open. */
  #authorityIsKnown(): boolean {
    if (this.authority !== '' || this.minorVersion === 0) return true
    this.fail('http1.bad_host', 'empty')
    return false
  }

  #badTarget(bytes: Buffer, from: number, until: number): boolean {
    this.fail('http1.bad_target', textOf(bytes, from, Math.min(until, from + 32)))
    return false
  }
}

function methodAt(bytes: Buffer, from: number, until: number): string {
  for (let i = 0; i < METHODS.length; i++) {
    const method = METHODS[i] ?? ''
    if (method.length !== until - from) continue
    let j = 0
    while (j < method.length && bytes[from + j] === method.charCodeAt(j)) j++
    if (j === method.length) return method
  }
  return textOf(bytes, from, until)
}

/** uri-host [":" port] (RFC 9110 section 7.2), not empty; a name, an IPv4 address or an IPv6 address in brackets. */
function isAuthority(bytes: Buffer, from: number, until: number): boolean {
  let i = from
  if (bytes[i] === 0x5b) {
    i++
    while (i < until && isIpv6Byte(bytes[i] ?? 0)) i++
    if (i >= until || bytes[i] !== 0x5d || i === from + 1) return false
    i++
  } else {
    while (i < until && HOST[bytes[i] ?? 0] === 1) i++
    if (i === from) return false
  }
  if (i === until) return true
  if (bytes[i] !== 0x3a || until - i > 6) return false
  for (i++; i < until; i++) {
    const byte = bytes[i] ?? 0
    if (byte < 0x30 || byte > 0x39) return false
  }
  return true
}

function isIpv6Byte(byte: number): boolean {
  return HEX[byte] !== 255 || byte === 0x3a || byte === 0x2e
}

/** The target of CONNECT must have one (RFC 9110 section 9.3.6). The authority is known to be well formed. */
function hasPort(bytes: Buffer, from: number, until: number): boolean {
  let i = until - 1
  while (i > from && bytes[i] !== 0x3a && bytes[i] !== 0x5d) i--
  return bytes[i] === 0x3a && i < until - 1
}
