/** Puts message bodies on a connection: by length, chunked (with trailers), or bare. Keeps a message from being longer or shorter than it said. */
import type { Headers } from '../http/headers.ts'
import type { Transport } from '../net/transport.ts'
import { BY_LENGTH, CHUNKED, type Framing, NO_BODY } from './framing.ts'
import { headWriter } from './head-writer.ts'

const NEW_LINE = Buffer.from('\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const DATA_AND_LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const LAST_CHUNK_BEFORE_TRAILERS = '0\r\n'

export class BodyWriter {
  /** The message has been written whole. */
  done = false
  /** What was written is not what the head promised: the connection can only be aborted. */
  broken = false
  #framing: Framing = NO_BODY
  #left = 0

  begin(framing: Framing, length: number): void {
    this.#framing = framing
    this.#left = length
  }

  /** @returns false when the transport wants a rest */
  write(transport: Transport, chunk: Uint8Array, last: boolean): boolean {
    let more = true
    const length = chunk.length
    switch (this.#framing) {
      case NO_BODY:
        break
      case BY_LENGTH:
        this.#left -= length
        if (this.#left < 0 || (last && this.#left > 0)) {
          this.broken = true
          return true
        }
        if (length > 0) more = transport.write(chunk)
        break
      case CHUNKED:
        if (length > 0) {
          transport.write(sizeLine(length))
          transport.write(chunk)
          more = transport.write(last ? DATA_AND_LAST_CHUNK : NEW_LINE)
        } else if (last) more = transport.write(LAST_CHUNK)
        break
      default:
        if (length > 0) more = transport.write(chunk)
    }
    if (last) this.done = true
    return more
  }

  /** Trailers need chunked framing; elsewhere there is no place for them, and they are dropped (RFC 9110 section 6.5.1). */
  writeTrailers(transport: Transport, trailers: Headers): void {
    if (this.#framing !== CHUNKED) {
      this.write(transport, NOTHING, true)
      return
    }
    headWriter.begin()
    headWriter.ascii(LAST_CHUNK_BEFORE_TRAILERS)
    headWriter.fields(trailers, false)
    transport.write(headWriter.end())
    this.done = true
  }
}

const NOTHING = Buffer.alloc(0)

/** Room for 2^48 in hexadecimal and the line's end; filled from behind, reused for every chunk. */
const SIZE_LINE = Buffer.from('000000000000\r\n')

function sizeLine(size: number): Buffer {
  let at = SIZE_LINE.length - 2
  let rest = size
  do {
    const digit = rest % 16
    SIZE_LINE[--at] = digit < 10 ? 0x30 + digit : 0x57 + digit
    rest = (rest - digit) / 16
  } while (rest > 0)
  return SIZE_LINE.subarray(at)
}
