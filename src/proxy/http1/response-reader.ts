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
    return !(length === 2 && spells(bytes, name, 'te')) && !this.framing.take(bytes, name, length, value, end)
  }

  protected override complete(): boolean {
    this.upgrade = this.framing.upgrade
    return this.framing.makeSense(this.minorVersion)
  }
}
