/** A server connection over a memory transport, with a record of all that the layer above would hear. */
import { TimerWheel } from '../../lib/timer-wheel.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason, ServerStream, StreamHandler } from '../http/stream.ts'
import { MemoryTransport } from '../net/memory-transport.testing.ts'
import { DEFAULT_HEAD_LIMITS } from './head-reader.ts'
import { Http1ServerConnection, type Http1ServerOptions } from './server-connection.ts'

/** A clock that is turned by hand. */
export class HandClock {
  #now = 0
  #at = Number.POSITIVE_INFINITY
  #wheel: TimerWheel | undefined

  now(): number {
    return this.#now
  }

  wake(ms: number, wheel: TimerWheel): void {
    this.#at = this.#now + ms
    this.#wheel = wheel
  }

  turn(ms: number): void {
    const end = this.#now + ms
    while (this.#at <= end) {
      this.#now = this.#at
      this.#at = Number.POSITIVE_INFINITY
      this.#wheel?.advance()
    }
    this.#now = end
  }
}

/** One request as the layer above sees it. */
export class Exchange implements StreamHandler {
  readonly stream: ServerStream
  readonly head: RequestHead
  body = ''
  trailers: Headers | undefined
  complete: boolean
  reset: ResetReason | undefined
  writable = 0
  readonly #onComplete: (exchange: Exchange) => void

  constructor(stream: ServerStream, head: RequestHead, last: boolean, onComplete: (exchange: Exchange) => void) {
    this.stream = stream
    this.head = head
    this.complete = last
    this.#onComplete = onComplete
  }

  onData(chunk: Buffer, last: boolean): void {
    this.body += chunk.toString('latin1')
    if (last) this.#end()
  }

  onTrailers(trailers: Headers): void {
    this.trailers = trailers
    this.#end()
  }

  onReset(reason: ResetReason): void {
    this.reset = reason
  }

  onWritable(): void {
    this.writable++
  }

  /** As the corpus writes it down. */
  get line(): string {
    const fields: string[] = []
    this.trailers?.forEach((name, value) => {
      fields.push(`${name}:${value}`)
    })
    const trailers = fields.length > 0 ? `{${fields.join(',')}}` : ''
    return `${this.head.method} ${this.head.authority} ${this.head.path} ${this.body}${trailers}`
  }

  #end(): void {
    this.complete = true
    this.#onComplete(this)
  }
}

export class ServerBench {
  readonly transport = new MemoryTransport()
  readonly clock = new HandClock()
  readonly timers = new TimerWheel(this.clock)
  readonly exchanges: Exchange[] = []
  readonly errors: string[] = []
  closed = 0
  readonly connection: Http1ServerConnection

  /** @param onComplete called when a request is there whole */
  constructor(onComplete: (exchange: Exchange) => void = () => {}, options: Partial<Http1ServerOptions> = {}) {
    this.connection = new Http1ServerConnection(this.transport, {
      scheme: 'http',
      limits: DEFAULT_HEAD_LIMITS,
      headTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      timers: this.timers,
      onRequest: (stream, head, last) => {
        const exchange = new Exchange(stream, head, last, onComplete)
        this.exchanges.push(exchange)
        if (last) onComplete(exchange)
        return exchange
      },
      onProtocolError: (code, detail) => this.errors.push(detail === '' ? code : `${code}: ${detail}`),
      onClosed: () => this.closed++,
      ...options,
    })
  }

  get written(): string {
    return this.transport.written
  }

  /** What was written since the last call. */
  takeWritten(): string {
    const { written } = this.transport
    this.transport.written = ''
    return written
  }

  exchange(index: number): Exchange {
    const exchange = this.exchanges[index]
    if (exchange === undefined) throw new Error(`Cannot find request ${index}: there are ${this.exchanges.length}`)
    return exchange
  }
}
