/**
 * Writes heads: start line, the lines of a HeaderBlock in runs as they were received, and what was added. All in one buffer of the
 * process, whose content the transport copies.
 *
 * Whatever strings the layers above hand in, no byte comes out that would end a line or a field early.
 */
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { FIELD_VALUE, SPACE, TOKEN } from './ascii.ts'
import { HeaderBlock } from './header-block.ts'
import { reasonOf } from './reason.ts'

const NEW_LINE = 0x0a0d

class HeadWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(16 * 1024)
  #at = 0

  requestLine(head: RequestHead): void {
    this.#at = 0
    const connects = head.method === 'CONNECT'
    this.#visible(head.method)
    this.#byte(SPACE)
    this.#visible(connects ? head.authority : head.path)
    this.ascii(' HTTP/1.1\r\nhost: ')
    this.#visible(head.authority)
    this.#newLine()
  }

  statusLine(status: number): void {
    this.#at = 0
    this.ascii(statusLineOf(status))
  }

  /** For trailers, which have no start line. */
  begin(): void {
    this.#at = 0
  }

  /** All fields, or all but Content-Length. Hop-by-hop fields are not written, whoever has added them. */
  fields(headers: Headers, withLength: boolean): void {
    const leavesOut = !withLength && headers.has('content-length')
    if (leavesOut || !(headers instanceof HeaderBlock)) {
      headers.forEach(leavesOut ? writeFieldButLength : writeField)
      return
    }
    this.#ensure(headers.byteLength)
    this.#at = headers.copyLines(this.#buffer, this.#at)
    const added = headers.added
    if (added === undefined) return
    for (let i = 0; i < added.length; i += 2) writeField(added[i] ?? '', added[i + 1] ?? '')
  }

  /** A field of any origin: a name that is none is left out with its value, control bytes become spaces. */
  field(name: string, value: string): void {
    if (!isToken(name)) return
    this.#ensure(name.length + value.length + 4)
    this.ascii(name)
    const buffer = this.#buffer
    let at = this.#at
    buffer[at++] = 0x3a
    buffer[at++] = SPACE
    for (let i = 0; i < value.length; i++) {
      const character = value.charCodeAt(i)
      // What does not fit into a byte is "?", as it is when Node writes it.
      buffer[at++] = character > 0xff ? 0x3f : FIELD_VALUE[character] === 1 ? character : SPACE
    }
    this.#at = at
    this.#newLine()
  }

  /** Text of the codec's own: known to be ASCII. */
  ascii(text: string): void {
    const length = text.length
    this.#ensure(length)
    const buffer = this.#buffer
    const at = this.#at
    // For these lengths a loop is cheaper than the call into Node.
    for (let i = 0; i < length; i++) buffer[at + i] = text.charCodeAt(i)
    this.#at = at + length
  }

  /** Ends the head. @returns all of it; valid until the next one is begun */
  end(): Buffer {
    this.#newLine()
    return this.#buffer.subarray(0, this.#at)
  }

  /** A part of a start line: what is not visible ASCII is percent-encoded. */
  #visible(text: string): void {
    const length = text.length
    this.#ensure(length)
    const buffer = this.#buffer
    const at = this.#at
    for (let i = 0; i < length; i++) {
      const character = text.charCodeAt(i)
      if (character < 0x21 || character > 0x7e) {
        this.#encoded(text)
        return
      }
      buffer[at + i] = character
    }
    this.#at = at + length
  }

  #encoded(text: string): void {
    for (const byte of Buffer.from(text, 'utf8')) {
      if (byte < 0x21 || byte > 0x7e) this.ascii(`%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      else this.#byte(byte)
    }
  }

  #byte(byte: number): void {
    this.#ensure(1)
    this.#buffer[this.#at++] = byte
  }

  #newLine(): void {
    this.#ensure(2)
    this.#at = this.#buffer.writeUInt16LE(NEW_LINE, this.#at)
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, this.#at + more))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

/** One for the process: a head is written in one go. */
export const headWriter = new HeadWriter()

function writeField(name: string, value: string): void {
  if (!isOfTheHop(name)) headWriter.field(name, value)
}

function writeFieldButLength(name: string, value: string): void {
  if (name !== 'content-length') writeField(name, value)
}

/** Framing and the connection are the codec's: a configuration that adds such a field must not make two messages of one. */
function isOfTheHop(name: string): boolean {
  switch (name.toLowerCase()) {
    case 'host':
    case 'upgrade':
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'transfer-encoding':
      return true
    default:
      return false
  }
}

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false
  return name !== ''
}

const statusLines = new Map<number, string>()

function statusLineOf(status: number): string {
  let line = statusLines.get(status)
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`
    // Statuses come from upstream: a thousand at most.
    statusLines.set(status, line)
  }
  return line
}
