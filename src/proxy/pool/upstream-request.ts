/**
 * One attempt of a request, between the router and the codec: waits for a connection if need be, and keeps the books of host, cluster and
 * circuit breaker. The one object that is allocated for a request on its way through a pool.
 */
import type { UpstreamStream } from '../cluster/cluster.ts'
import type { Headers } from '../http/headers.ts'
import type { ClientConnection, ClientStream, RequestHead, ResetReason, ResponseHandler, ResponseHead } from '../http/stream.ts'
import { KeptBytes } from '../net/kept-bytes.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** The pool, as its requests see it. */
export interface RequestOwner {
  /** The request left the queue without a connection: cancelled by the router. */
  onWithdrawn(request: UpstreamRequest): void
  /** The response, or the stream, is over. `reason`: why, when it did not end properly. */
  onFinished(request: UpstreamRequest, reason: ResetReason | undefined, remote: boolean): void
}

/** Body bytes kept before there is a connection, until `write` asks to stop. */
const EARLY_LIMIT = 64 * 1024

const WAITING = 0
const OPEN = 1
const OVER = 2

export class UpstreamRequest implements UpstreamStream, ResponseHandler {
  readonly head: RequestHead
  reused = false
  connectError = ''
  /** What it went out on. */
  pooled: PooledConnection | undefined
  readonly #owner: RequestOwner
  readonly #handler: ResponseHandler
  /** The request has no body. */
  readonly #last: boolean
  #requestEnded: boolean
  #responseEnded = false
  /** After 101, or a 2xx to CONNECT: each half ends on its own. */
  #tunnel = false
  #state: typeof WAITING | typeof OPEN | typeof OVER = WAITING
  #stream: ClientStream | undefined
  #early: EarlyBody | undefined
  #paused = false
  /** It has failed, and the router does not know yet. */
  #failing = false

  constructor(owner: RequestOwner, head: RequestHead, last: boolean, handler: ResponseHandler) {
    this.#owner = owner
    this.head = head
    this.#last = last
    this.#requestEnded = last
    this.#handler = handler
  }

  get connected(): boolean {
    return this.#stream !== undefined
  }

  // ---- from the pool

  /** Goes out on a connection, with what was written while it waited. */
  attach(pooled: PooledConnection, connection: ClientConnection): void {
    this.#state = OPEN
    this.pooled = pooled
    this.reused = pooled.served > 1
    const stream = connection.open(this.head, this.#last, this)
    this.#stream = stream
    if (this.#paused) stream.pause()
    const early = this.#early
    if (early === undefined) return
    this.#early = undefined
    if (early.ended) this.#requestEnded = true
    if (early.flush(stream) && early.blocked) this.#handler.onWritable()
  }

  /** There will be no connection for it. The router must have the request in hands already. */
  fail(reason: ResetReason, connectError: string): void {
    if (this.#state !== WAITING) return
    this.#state = OVER
    this.#early?.release()
    this.#early = undefined
    this.connectError = connectError
    this.#handler.onReset(reason)
  }

  /** As `fail`, when the router has not got the request yet. */
  failSoon(reason: ResetReason): void {
    this.#state = OVER
    this.#failing = true
    queueMicrotask(() => {
      if (this.#failing) this.#handler.onReset(reason)
    })
  }

  // ---- from the router

  write(chunk: Uint8Array, last: boolean): boolean {
    if (this.#stream !== undefined) {
      const room = this.#stream.write(chunk, last)
      if (last) this.#requestEnds()
      return room
    }
    if (this.#state !== WAITING) return true
    this.#early ??= new EarlyBody()
    return this.#early.write(chunk, last)
  }

  writeTrailers(trailers: Headers): void {
    if (this.#stream !== undefined) {
      this.#stream.writeTrailers(trailers)
      this.#requestEnds()
    } else if (this.#state === WAITING) {
      this.#early ??= new EarlyBody()
      this.#early.trailers = trailers
    }
  }

  reset(reason: ResetReason): void {
    if (this.#state === WAITING) {
      this.#state = OVER
      this.#early?.release()
      this.#early = undefined
      this.#owner.onWithdrawn(this)
      return
    }
    this.#failing = false
    // Also after the response has ended: the request may not have.
    this.#stream?.reset(reason)
    this.#finish(reason, false)
  }

  pause(): void {
    this.#paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#stream?.resume()
  }

  // ---- from the codec

  onInformational(head: ResponseHead): void {
    this.#handler.onInformational(head)
  }

  onResponse(head: ResponseHead, last: boolean): void {
    this.#tunnel = head.status === 101 || (this.head.method === 'CONNECT' && head.status < 300)
    if (last) this.#responseEnds()
    this.#handler.onResponse(head, last)
  }

  onData(chunk: Buffer, last: boolean): void {
    if (last) this.#responseEnds()
    this.#handler.onData(chunk, last)
  }

  onTrailers(trailers: Headers): void {
    this.#responseEnds()
    this.#handler.onTrailers(trailers)
  }

  onReset(reason: ResetReason): void {
    const over = this.#state === OVER
    this.#finish(reason, true)
    // After the response's end the codec may still find that the request could not end.
    if (!over) this.#handler.onReset(reason)
  }

  onWritable(): void {
    this.#handler.onWritable()
  }

  #requestEnds(): void {
    this.#requestEnded = true
    if (this.#tunnel && this.#responseEnded) this.#finish(undefined, true)
  }

  #responseEnds(): void {
    this.#responseEnded = true
    if (this.#tunnel && !this.#requestEnded) return
    this.#finish(undefined, true)
    // The upstream has answered before it read the whole request: nobody wants the rest.
    if (!this.#requestEnded) this.#stream?.reset('local-reset')
  }

  /** The books are closed before the router hears of the end, so that what it starts then finds the place free. */
  #finish(reason: ResetReason | undefined, remote: boolean): void {
    if (this.#state === OVER) return
    this.#state = OVER
    this.#owner.onFinished(this, reason, remote)
  }
}

/** What was written of the body before there was a connection. */
class EarlyBody {
  trailers: Headers | undefined
  /** `write` returned false, so `onWritable` is owed. */
  blocked = false
  readonly #bytes = new KeptBytes()
  #last = false

  get ended(): boolean {
    return this.#last || this.trailers !== undefined
  }

  write(chunk: Uint8Array, last: boolean): boolean {
    this.#bytes.append(chunk)
    this.#last ||= last
    if (this.#bytes.length < EARLY_LIMIT) return true
    this.blocked = true
    return false
  }

  /** @returns whether the stream takes more */
  flush(stream: ClientStream): boolean {
    const bytes = this.#bytes
    let room = true
    for (let i = 0; i < bytes.pieces; i++) room = stream.write(bytes.piece(i), false)
    bytes.release()
    if (this.trailers !== undefined) stream.writeTrailers(this.trailers)
    else if (this.#last) stream.write(NOTHING, true)
    return room
  }

  release(): void {
    this.#bytes.release()
  }
}

const NOTHING = Buffer.alloc(0)
