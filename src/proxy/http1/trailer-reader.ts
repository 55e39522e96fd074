/** Reads the trailer section of a chunked message (RFC 9112 section 7.1.2): field lines without a start line. */
import { spells } from './ascii.ts'
import { HeadReader } from './head-reader.ts'

export class TrailerReader extends HeadReader {
  protected override startLine(_bytes: Buffer, base: number): number {
    return base
  }

  /** Fields that frame or route a message are too late here, and a server that merged them into the head would be misled. */
  protected override field(bytes: Buffer, name: number, length: number): boolean {
    const forbidden = FORBIDDEN[length]
    if (forbidden === undefined || !spells(bytes, name, forbidden)) return true
    this.fail('http1.forbidden_trailer', forbidden)
    return false
  }

  /** The section had no fields. */
  get empty(): boolean {
    return this.headers.isEmpty
  }

  protected override complete(): boolean {
    return true
  }
}

/** By length: no two of these have the same. */
const FORBIDDEN: Readonly<Record<number, string>> = Object.fromEntries(
  ['te', 'host', 'upgrade', 'connection', 'content-length', 'transfer-encoding'].map(name => [name.length, name]),
)
