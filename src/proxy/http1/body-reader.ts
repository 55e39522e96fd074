/**
 * Takes message bodies out of the bytes of a connection: by length, chunked (with trailers), or to the end. Chunk sizes are read
 * strictly, byte by byte (RFC 9112 section 7.1), since two servers that read one differently are a request smuggled in.
 */
import type { Headers } from '../http/headers.ts'
import { CR, FIELD_VALUE, HEX, LF } from './ascii.ts'
import { BY_LENGTH, CHUNKED, type Framing, NO_BODY } from './framing.ts'
import { FAILED, type HeadLimits, NEED_MORE } from './head-reader.ts'
import type { ProtocolErrorCode } from './protocol-error.ts'
import { TrailerReader } from './trailer-reader.ts'

/** Who gets the parts of the body. */
export interface BodySink {
  /** `last`: no more, and no trailers. */
  onBody(chunk: Buffer, last: boolean): void
  onBodyTrailers(trailers: Headers): void
}

const NOTHING: Buffer = Buffer.alloc(0)

/** 2^48 bytes in a chunk: 12 digits, so that no sum comes near 2^53. */
const MAX_SIZE_DIGITS = 12
/** Bytes of extensions in all chunks of a message. They mean nothing to us, and must not be a way to keep us busy. */
const MAX_EXTENSION_BYTES = 4096

/** Where in a chunked body the next byte belongs. */
const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILERS = 6

export class BodyReader {
  error: ProtocolErrorCode = 'http1.bad_chunk_size'
  detail = ''

  readonly #limits: HeadLimits
  readonly #sink: BodySink
  #framing: Framing = NO_BODY
  /** Bytes left of the body, or of the chunk. */
  #left = 0
  #part = SIZE
  #digits = 0
  #extensionBytes = 0
  #trailers: TrailerReader | undefined

  constructor(limits: HeadLimits, sink: BodySink) {
    this.#limits = limits
    this.#sink = sink
  }

  begin(framing: Framing, length: number): void {
    this.#framing = framing
    this.#left = framing === BY_LENGTH ? length : 0
    this.#part = SIZE
    this.#digits = 0
    this.#extensionBytes = 0
    this.#trailers = undefined
  }

  /** Lets go in the middle, also from within the sink: nothing more is delivered. */
  stop(): void {
    this.#framing = NO_BODY
  }

  /** Delivers what is there. @returns where in `bytes` the body ends, NEED_MORE when it does not, or FAILED (see `error`) */
  read(bytes: Buffer, from: number): number {
    switch (this.#framing) {
      case BY_LENGTH: {
        const until = Math.min(bytes.length, from + this.#left)
        this.#left -= until - from
        const last = this.#left === 0
        this.#sink.onBody(slice(bytes, from, until), last)
        return last ? until : NEED_MORE
      }
      case CHUNKED:
        return this.#chunks(bytes, from)
      case NO_BODY:
        return from
      default:
        this.#sink.onBody(slice(bytes, from, bytes.length), false)
        return NEED_MORE
    }
  }

  #chunks(bytes: Buffer, from: number): number {
    const end = bytes.length
    let at = from
    while (at < end) {
      // The sink may have stopped us.
      if (this.#framing !== CHUNKED) return NEED_MORE
      const byte = bytes[at] ?? 0
      switch (this.#part) {
        case SIZE: {
          const digit = HEX[byte] ?? 255
          if (digit !== 255) {
            if (++this.#digits > MAX_SIZE_DIGITS) return this.#fail('http1.chunk_too_large')
            this.#left = this.#left * 16 + digit
          } else if (this.#digits === 0) return this.#fail('http1.bad_chunk_size', `byte ${byte}`)
          else if (byte === CR) this.#part = SIZE_LF
          else if (byte === 0x3b) this.#part = EXTENSION
          else return this.#fail('http1.bad_chunk_size', `byte ${byte}`)
          at++
          break
        }
        case EXTENSION:
          if (byte === CR) this.#part = SIZE_LF
          else if (FIELD_VALUE[byte] === 0) return this.#fail('http1.bad_chunk_size', `byte ${byte} in an extension`)
          else if (++this.#extensionBytes > MAX_EXTENSION_BYTES) return this.#fail('http1.chunk_extensions_too_large')
          at++
          break
        case SIZE_LF:
          if (byte !== LF) return this.#fail('http1.bare_cr', 'in a chunk size')
          this.#part = this.#left === 0 ? TRAILERS : DATA
          this.#digits = 0
          at++
          break
        case DATA: {
          const until = Math.min(end, at + this.#left)
          this.#left -= until - at
          if (this.#left > 0) {
            this.#sink.onBody(slice(bytes, at, until), false)
            return NEED_MORE
          }
          // The usual end of a small body in one read: the owner hears of data and end at once, and can write both at once.
          if (endsHere(bytes, until)) {
            this.#sink.onBody(slice(bytes, at, until), true)
            return until + 7
          }
          this.#part = DATA_CR
          this.#sink.onBody(slice(bytes, at, until), false)
          at = until
          break
        }
        case DATA_CR:
          if (byte !== CR) return this.#fail('http1.bad_chunk_end')
          this.#part = DATA_LF
          at++
          break
        case DATA_LF:
          if (byte !== LF) return this.#fail('http1.bad_chunk_end')
          this.#part = SIZE
          at++
          break
        default:
          return this.#trailerSection(bytes, at)
      }
    }
    return NEED_MORE
  }

  #trailerSection(bytes: Buffer, at: number): number {
    if (this.#trailers === undefined) {
      // No trailers, which is nearly always.
      if (bytes[at] === CR && bytes[at + 1] === LF) {
        this.#sink.onBody(NOTHING, true)
        return at + 2
      }
      this.#trailers = new TrailerReader(this.#limits)
    }
    const end = this.#trailers.read(bytes, at)
    if (end === FAILED) return this.#fail(this.#trailers.error, this.#trailers.detail)
    if (end === NEED_MORE) return NEED_MORE
    if (this.#trailers.empty) this.#sink.onBody(NOTHING, true)
    else this.#sink.onBodyTrailers(this.#trailers.headers)
    return end
  }

  #fail(error: ProtocolErrorCode, detail = ''): typeof FAILED {
    this.error = error
    this.detail = detail
    return FAILED
  }
}

/** CR LF 0 CR LF CR LF: chunk data is over, and so is the body. */
function endsHere(bytes: Buffer, at: number): boolean {
  return (
    at + 7 <= bytes.length &&
    bytes[at] === CR &&
    bytes[at + 1] === LF &&
    bytes[at + 2] === 0x30 &&
    bytes[at + 3] === CR &&
    bytes[at + 4] === LF &&
    bytes[at + 5] === CR &&
    bytes[at + 6] === LF
  )
}

function slice(bytes: Buffer, from: number, until: number): Buffer {
  return from === 0 && until === bytes.length ? bytes : bytes.subarray(from, until)
}
