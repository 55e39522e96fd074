/** One request of a check with its whole answer. */
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason, ResponseHandler, ResponseHead } from '../http/stream.ts'
import type { HttpPool } from '../pool/http-pool.ts'

export interface Answer {
  readonly head: ResponseHead
  readonly trailers: Headers | undefined
  /** As much as was asked for. */
  readonly body: Buffer
}

export class HttpExchange implements ResponseHandler {
  readonly #bodyLimit: number
  readonly #done: (answer: Answer | undefined) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #head: ResponseHead | undefined

  /** @param bodyLimit bytes to keep; 0: all @param done undefined: there was no whole answer */
  constructor(bodyLimit: number, done: (answer: Answer | undefined) => void) {
    this.#bodyLimit = bodyLimit
    this.#done = done
  }

  /** @returns cancels */
  send(pool: HttpPool, head: RequestHead, body: Buffer | undefined): () => void {
    const stream = pool.open(head, body === undefined, this)
    if (body !== undefined) stream.write(body, true)
    return () => stream.reset('local-reset')
  }

  onInformational(): void {}

  onResponse(head: ResponseHead, last: boolean): void {
    this.#head = head
    if (last) this.#end(undefined)
  }

  onData(chunk: Buffer, last: boolean): void {
    const room = this.#bodyLimit === 0 ? chunk.length : this.#bodyLimit - this.#bytes
    if (room > 0) {
      const kept = Buffer.from(chunk.subarray(0, room))
      this.#chunks.push(kept)
      this.#bytes += kept.length
    }
    if (last) this.#end(undefined)
  }

  onTrailers(trailers: Headers): void {
    this.#end(trailers)
  }

  onReset(_reason: ResetReason): void {
    this.#done(undefined)
  }

  onWritable(): void {}

  #end(trailers: Headers | undefined): void {
    const head = this.#head
    this.#done(head && { head, trailers, body: Buffer.concat(this.#chunks) })
  }
}
