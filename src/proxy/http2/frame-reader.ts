/**
 * Cuts bytes into frames. DATA is handed on as it comes, in parts; every other frame is whole: in place where the read holds all of it,
 * copied together where it straddles reads.
 */
import { FRAME_SIZE_ERROR, PROTOCOL_ERROR } from './error-codes.ts'
import { DATA, DEFAULT_MAX_FRAME_SIZE, END_STREAM, FRAME_HEAD, PADDED, PREFACE, uint31 } from './frame.ts'

export interface FrameSink {
  /** No more frames are wanted. */
  readonly stopped: boolean
  /** A DATA frame begins. @param length counts in flow control @param last it ends its stream */
  onDataHead(stream: number, length: number, padding: number, last: boolean): void
  /** A part of that frame. @param last the stream ends with it */
  onDataPart(chunk: Buffer, last: boolean): void
  onFrame(type: number, flags: number, stream: number, bytes: Buffer, from: number, until: number): void
  /** The connection can't go on. */
  onFrameError(code: number, reason: string): void
}

const NOTHING: Buffer = Buffer.alloc(0)

export class FrameReader {
  readonly #sink: FrameSink
  /** Bytes of the preface still to come; a client's first. */
  #preface: number
  /** A frame that straddles reads, its head included: `#have` bytes so far. */
  #partial = NOTHING
  #have = 0
  /** Payload of an unpadded DATA frame still to come. */
  #data = 0
  #dataIsLast = false

  /** @param expectsPreface the peer is a client */
  constructor(sink: FrameSink, expectsPreface: boolean) {
    this.#sink = sink
    this.#preface = expectsPreface ? PREFACE.length : 0
  }

  read(bytes: Buffer): void {
    const sink = this.#sink
    let at = this.#preface > 0 ? this.#readPreface(bytes) : 0
    while (at < bytes.length && !sink.stopped) {
      if (this.#data > 0) at = this.#readData(bytes, at)
      else if (this.#have > 0) at = this.#fill(bytes, at)
      else {
        const left = bytes.length - at
        const length = left < FRAME_HEAD ? 0 : this.#length(bytes, at)
        if (length < 0) return
        const whole = FRAME_HEAD + length
        if (left >= FRAME_HEAD && (left >= whole || this.#isPlainData(bytes, at))) at = this.#frame(bytes, at, length)
        else {
          // Its length is known only with its whole head.
          this.#partial = Buffer.allocUnsafe(left < FRAME_HEAD ? FRAME_HEAD : whole)
          this.#have = bytes.copy(this.#partial, 0, at)
          return
        }
      }
    }
  }

  /** @returns where frames begin */
  #readPreface(bytes: Buffer): number {
    const done = PREFACE.length - this.#preface
    const length = Math.min(bytes.length, this.#preface)
    if (bytes.compare(PREFACE, done, done + length, 0, length) !== 0) {
      this.#sink.onFrameError(PROTOCOL_ERROR, 'not the preface of HTTP/2')
      return bytes.length
    }
    this.#preface -= length
    return length
  }

  /** @returns -1: too long, the connection is over */
  #length(bytes: Buffer, at: number): number {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    if (length <= DEFAULT_MAX_FRAME_SIZE) return length
    this.#sink.onFrameError(FRAME_SIZE_ERROR, 'a frame larger than SETTINGS_MAX_FRAME_SIZE')
    return -1
  }

  #isPlainData(bytes: Buffer, at: number): boolean {
    return bytes[at + 3] === DATA && ((bytes[at + 4] ?? 0) & PADDED) === 0
  }

  /** @returns where the next frame begins, or where its data does */
  #frame(bytes: Buffer, at: number, length: number): number {
    const type = bytes[at + 3] ?? 0
    const flags = bytes[at + 4] ?? 0
    const stream = uint31(bytes, at + 5)
    const from = at + FRAME_HEAD
    if (type !== DATA) {
      this.#sink.onFrame(type, flags, stream, bytes, from, from + length)
      return from + length
    }
    const last = (flags & END_STREAM) !== 0
    if ((flags & PADDED) === 0) {
      this.#sink.onDataHead(stream, length, 0, last)
      this.#data = length
      this.#dataIsLast = last
      if (length === 0) this.#sink.onDataPart(NOTHING, last)
      return from
    }
    const padding = bytes[from] ?? 0
    if (padding >= length) {
      this.#sink.onFrameError(length === 0 ? FRAME_SIZE_ERROR : PROTOCOL_ERROR, 'more padding than payload')
      return from + length
    }
    this.#sink.onDataHead(stream, length, padding + 1, last)
    if (!this.#sink.stopped) this.#sink.onDataPart(bytes.subarray(from + 1, from + length - padding), last)
    return from + length
  }

  #readData(bytes: Buffer, at: number): number {
    const until = Math.min(bytes.length, at + this.#data)
    this.#data -= until - at
    this.#sink.onDataPart(
      at === 0 && until === bytes.length ? bytes : bytes.subarray(at, until),
      this.#data === 0 && this.#dataIsLast,
    )
    return until
  }

  /** Completes the head, then the frame. */
  #fill(bytes: Buffer, at: number): number {
    const target = this.#partial.length
    const copied = bytes.copy(this.#partial, this.#have, at, at + target - this.#have)
    this.#have += copied
    if (this.#have < target) return at + copied
    const frame = this.#partial
    const length = this.#length(frame, 0)
    if (length < 0) return bytes.length
    if (target < FRAME_HEAD + length && !this.#isPlainData(frame, 0)) {
      this.#partial = Buffer.allocUnsafe(FRAME_HEAD + length)
      frame.copy(this.#partial, 0, 0, FRAME_HEAD)
      return at + copied
    }
    this.#have = 0
    this.#partial = NOTHING
    this.#frame(frame, 0, length)
    return at + copied
  }
}
