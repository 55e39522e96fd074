/** Reads response heads: status line and fields (RFC 9112 section 4). */
import { CR, FIELD_VALUE, LF, SPACE, spells, textOf } from './ascii.ts'
import { HeadReader, NEED_MORE } from './head-reader.ts'

export class ResponseReader extends HeadReader {
  status = 0
  /** What a 101 switches to. */
  upgrade: string | undefined

  protected override startLine(bytes: Buffer, base: number, end: number): number {
    for (let i = 0; i < 12; i++) {
      if (base + i >= end) return NEED_MORE
      const byte = bytes[base + i] ?? 0
      const pattern = 'HTTP/0.0 000'.charCodeAt(i)
      const fits = pattern === 0x30 ? byte >= 0x30 && byte <= 0x39 : byte === pattern
      if (!fits) return this.fail('http1.bad_status_line', textOf(bytes, base, Math.min(end, base + 32)))
    }
    const minor = (bytes[base + 7] ?? 0) - 0x30
    if (bytes[base + 5] !== 0x31 || minor > 1) return this.fail('http1.unsupported_version', textOf(bytes, base, base + 8))
    this.minorVersion = minor
    this.status = 100 * (bytes[base + 9] ?? 0) + 10 * (bytes[base + 10] ?? 0) + (bytes[base + 11] ?? 0) - 111 * 0x30
    if (this.status < 100) return this.fail('http1.bad_status_line', String(this.status))
    let i = base + 12
    if (i >= end) return NEED_MORE
    // The reason may be missing, with or without the space before it.
    if (bytes[i] === SPACE) while (i < end && FIELD_VALUE[bytes[i] ?? 0] === 1) i++
    if (i >= end) return NEED_MORE
    if (bytes[i] !== CR) return this.fail(bytes[i] === LF ? 'http1.bare_lf' : 'http1.bad_status_line')
    if (i + 1 >= end) return NEED_MORE
    return bytes[i + 1] === LF ? i + 2 : this.fail('http1.bare_cr')
  }

  protected override field(bytes: Buffer, name: number, length: number, value: number, end: number): boolean {
    switch (length) {
      case 2:
        return !spells(bytes, name, 'te')
      case 7:
        if (!spells(bytes, name, 'upgrade')) return true
        this.upgradeTo = textOf(bytes, value, end).toLowerCase()
        return false
      case 10:
        if (spells(bytes, name, 'keep-alive')) return false
        if (!spells(bytes, name, 'connection')) return true
        this.connection(bytes, value, end)
        return false
      case 14:
        return !spells(bytes, name, 'content-length') || this.length(bytes, value, end)
      case 16:
        return !spells(bytes, name, 'proxy-connection')
      case 17:
        if (spells(bytes, name, 'transfer-encoding')) this.transferEncoding(bytes, value, end)
        else return true
        return false
      default:
        return true
    }
  }

  protected override complete(): boolean {
    this.upgrade = this.upgradeTo
    return this.framingMakesSense()
  }
}
