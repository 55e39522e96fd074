/** One request on an upstream HTTP/1 connection: its body, and the tunnel it may become. */
import type { Headers } from '../http/headers.ts'
import type { ClientStream, RequestHead, ResetReason, ResponseHandler } from '../http/stream.ts'
import type { Transport } from '../net/transport.ts'
import { BodyWriter } from './body-writer.ts'
import { type Framing, TUNNEL, TUNNEL_PENDING } from './framing.ts'

/** What the stream needs of its connection. */
export interface ClientStreamOwner {
  readonly transport: Transport
  /** The request has been written whole. */
  requestEnded(stream: Http1ClientStream): void
  /** What was written is not what the head promised. */
  abortBroken(stream: Http1ClientStream): void
  streamReset(stream: Http1ClientStream): void
  stopReading(): void
  startReading(): void
}

export class Http1ClientStream implements ClientStream {
  readonly handler: ResponseHandler
  readonly isHead: boolean
  readonly isConnect: boolean
  /** The request asked for an upgrade. */
  readonly upgrades: boolean
  /** The connection serves this stream still. */
  active = true

  readonly #connection: ClientStreamOwner
  readonly #body = new BodyWriter()
  /** Bytes for a tunnel that is not granted yet: sent now, they could be read as a request of their own. */
  #early: Buffer[] | undefined
  #earlyLast = false

  constructor(connection: ClientStreamOwner, head: RequestHead, handler: ResponseHandler) {
    this.#connection = connection
    this.handler = handler
    this.isHead = head.method === 'HEAD'
    this.isConnect = head.method === 'CONNECT'
    this.upgrades = head.upgrade !== undefined
  }

  /** The request has been sent whole. */
  get requestDone(): boolean {
    return this.#body.done
  }

  begin(framing: Framing, length: number): void {
    if (framing === TUNNEL_PENDING) this.#early = []
    this.#body.begin(framing, length)
  }

  startTunnel(): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.#body.begin(TUNNEL, 0)
    for (const chunk of early) this.write(chunk, false)
    if (this.#earlyLast) this.write(NOTHING, true)
    else if (early.length > 0) this.handler.onWritable()
  }

  /** Upgrade or CONNECT was refused: the request was one without a body, and what was meant for the tunnel is dropped. */
  declineTunnel(): void {
    this.#early = undefined
    this.#body.done = true
  }

  write(chunk: Uint8Array, last: boolean): boolean {
    if (!this.active || this.#body.done) return true
    if (this.#early !== undefined) {
      if (chunk.length > 0) this.#early.push(Buffer.from(chunk))
      this.#earlyLast ||= last
      return false
    }
    const more = this.#body.write(this.#connection.transport, chunk, last)
    if (this.#body.broken) this.#connection.abortBroken(this)
    else if (last) this.#connection.requestEnded(this)
    return more
  }

  writeTrailers(trailers: Headers): void {
    if (!this.active || this.#body.done) return
    this.#body.writeTrailers(this.#connection.transport, trailers)
    if (this.#body.broken) this.#connection.abortBroken(this)
    else this.#connection.requestEnded(this)
  }

  reset(_reason: ResetReason): void {
    if (this.active) this.#connection.streamReset(this)
  }

  pause(): void {
    if (this.active) this.#connection.stopReading()
  }

  resume(): void {
    if (this.active) this.#connection.startReading()
  }
}

const NOTHING = Buffer.alloc(0)
