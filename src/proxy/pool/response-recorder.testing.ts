/**
 * For tests: a response handler that keeps what it hears, and lets a test wait for it.
 */
import type { Headers } from '../http/headers.ts'
import type { ResetReason, ResponseHandler, ResponseHead } from '../http/stream.ts'

export class ResponseRecorder implements ResponseHandler {
  readonly informational: number[] = []
  head: ResponseHead | undefined
  trailers: Headers | undefined
  reset: ResetReason | undefined
  ended = false
  writable = 0
  readonly chunks: Buffer[] = []
  bytes = 0
  readonly #started = Promise.withResolvers<void>()
  readonly #done = Promise.withResolvers<void>()
  #onChange: (() => void) | undefined

  /** Settles with the response's head, or a reset. */
  get started(): Promise<void> {
    return this.#started.promise
  }

  /** Settles with the end of the response, or a reset. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  get status(): number | undefined {
    return this.head?.status
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString()
  }

  /** Settles as soon as `condition` holds after a callback. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => (this.#onChange = resolve))
  }

  onInformational(head: ResponseHead): void {
    this.informational.push(head.status)
    this.#changed()
  }

  onResponse(head: ResponseHead, last: boolean): void {
    this.head = head
    this.#started.resolve()
    if (last) this.#end()
    this.#changed()
  }

  onData(chunk: Buffer, last: boolean): void {
    this.chunks.push(Buffer.from(chunk))
    this.bytes += chunk.length
    if (last) this.#end()
    this.#changed()
  }

  onTrailers(trailers: Headers): void {
    this.trailers = trailers
    this.#end()
    this.#changed()
  }

  onReset(reason: ResetReason): void {
    if (this.reset !== undefined) throw new Error(`A second reset: "${reason}" after "${this.reset}"`)
    this.reset = reason
    this.#started.resolve()
    this.#done.resolve()
    this.#changed()
  }

  onWritable(): void {
    this.writable++
    this.#changed()
  }

  #end(): void {
    if (this.ended) throw new Error('A second end of the response')
    this.ended = true
    this.#done.resolve()
  }

  #changed(): void {
    this.#onChange?.()
  }
}
