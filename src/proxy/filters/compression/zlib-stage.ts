/**
 * A body on its way through one of zlib's streams. The work is done on threads of Node's own; what has been compressed goes on as it comes,
 * and whoever sends is stopped while too much of it waits.
 */
import type { Transform } from 'node:stream'
import type { BodyTaker } from '../../hcm/held-body.ts'
import type { Headers } from '../../http/headers.ts'

/** Octets that may wait to be worked on. */
const WAITING = 256 * 1024
const NOTHING = Buffer.alloc(0)

export interface ZlibStageOptions {
  readonly next: BodyTaker
  readonly stream: Transform & { flush?(done: () => void): void }
  /** What has come so far goes out at once, so that events and single messages arrive. */
  readonly flushes: boolean
  /** There is room again. */
  readonly onRoom: () => void
  /** The bytes make no sense. */
  readonly onError: (error: Error) => void
}

export class ZlibStage implements BodyTaker {
  readonly #options: ZlibStageOptions
  #trailers: Headers | undefined
  #stopped = false
  #closed = false

  constructor(options: ZlibStageOptions) {
    this.#options = options
    const { stream, next, onError } = options
    stream.on('data', (bytes: Buffer) => {
      if (!next.onData(bytes, false)) stream.pause()
    })
    stream.on('end', () => {
      if (this.#closed) return
      if (this.#trailers === undefined) next.onData(NOTHING, true)
      else next.onTrailers(this.#trailers)
    })
    stream.on('error', error => {
      if (!this.#closed) onError(error)
    })
    stream.on('drain', () => this.#room())
  }

  onData(chunk: Uint8Array, last: boolean): boolean {
    const { stream, flushes } = this.#options
    // The chunk is a view of a buffer that is used again.
    if (chunk.length > 0) stream.write(Buffer.from(chunk))
    if (last) stream.end()
    else if (flushes) stream.flush?.(() => this.#room())
    this.#stopped = stream.writableLength > WAITING || stream.isPaused()
    return !this.#stopped
  }

  onTrailers(trailers: Headers): void {
    this.#trailers = trailers
    this.#options.stream.end()
  }

  onWritable(): void {
    this.#options.stream.resume()
    this.#room()
  }

  close(): void {
    this.#closed = true
    this.#options.stream.destroy()
  }

  #room(): void {
    const { stream, onRoom } = this.#options
    if (!this.#stopped || this.#closed || stream.writableLength > WAITING || stream.isPaused()) return
    this.#stopped = false
    onRoom()
  }
}
