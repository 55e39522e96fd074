/**
 * The codec with nothing above it: every request goes to one upstream address over pooled connections. For tests, the fuzzer and the
 * codec's benchmark; the product's composition is proxy/hcm.
 */
import { createServer, type Server } from 'node:net'
import { systemTimerWheel } from '../../lib/timer-wheel.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import type {
  ClientStream,
  RequestHead,
  ResetReason,
  ResponseHandler,
  ResponseHead,
  ServerStream,
  StreamHandler,
} from '../http/stream.ts'
import { ACCEPT_OPTIONS, acceptTransport } from '../net/accept.ts'
import { connectTransport } from '../net/connect.ts'
import type { TransportHandler } from '../net/transport.ts'
import { Http1ClientConnection } from './client-connection.ts'
import { DEFAULT_HEAD_LIMITS } from './head-reader.ts'
import { Http1ServerConnection, type Http1ServerOptions } from './server-connection.ts'

export interface RelayOptions {
  readonly upstream: { readonly host: string; readonly port: number }
  readonly onProtocolError?: (side: 'downstream' | 'upstream', code: string) => void
  /** What a request is told that could not be served. */
  readonly onReset?: (reason: ResetReason) => void
  readonly headTimeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly onConnection?: (connection: Http1ServerConnection) => void
  readonly onUpstream?: (connection: Http1ClientConnection) => void
}

/** @returns the server, not yet listening */
export function createRelay(options: RelayOptions): Server {
  const pool = new Pool(options)
  const serverOptions: Http1ServerOptions = {
    scheme: 'http',
    limits: DEFAULT_HEAD_LIMITS,
    headTimeoutMs: options.headTimeoutMs ?? 10_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    timers: systemTimerWheel(),
    onRequest: (stream, head, last) => new Exchange(pool, stream, head, last),
    onProtocolError: code => options.onProtocolError?.('downstream', code),
    onClosed() {},
  }
  return createServer(ACCEPT_OPTIONS, socket => {
    const connection = new Http1ServerConnection(acceptTransport(socket, NOBODY), serverOptions)
    options.onConnection?.(connection)
  })
}

const NOBODY: TransportHandler = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }

class Pool {
  readonly options: RelayOptions
  readonly #idle: Http1ClientConnection[] = []

  constructor(options: RelayOptions) {
    this.options = options
  }

  take(exchange: Exchange): void {
    const idle = this.#idle.pop()
    if (idle !== undefined) {
      exchange.begin(idle)
      return
    }
    connectTransport(
      this.options.upstream,
      { timeoutMs: 5000 },
      {
        onConnected: transport => {
          const connection = new Http1ClientConnection(transport, {
            limits: DEFAULT_HEAD_LIMITS,
            owner: {
              onCapacity: () => this.#idle.push(connection),
              onDraining() {},
              onClosed: () => {
                const index = this.#idle.indexOf(connection)
                if (index !== -1) this.#idle.splice(index, 1)
              },
            },
            onProtocolError: code => this.options.onProtocolError?.('upstream', code),
          })
          this.options.onUpstream?.(connection)
          exchange.begin(connection)
        },
        onConnectFailed: () => exchange.answer.onReset('connect-failure'),
      },
    )
  }
}

/** One request: hears its body, and passes it on as soon as there is a connection. */
class Exchange implements StreamHandler {
  readonly pool: Pool
  readonly down: ServerStream
  readonly answer: Answer
  up: ClientStream | undefined
  over = false
  readonly #head: RequestHead
  readonly #last: boolean
  #early: { chunk: Buffer; last: boolean }[] = []
  #earlyTrailers: Headers | undefined

  constructor(pool: Pool, down: ServerStream, head: RequestHead, last: boolean) {
    this.pool = pool
    this.down = down
    this.#head = head
    this.#last = last
    this.answer = new Answer(this)
    pool.take(this)
  }

  begin(connection: Http1ClientConnection): void {
    if (this.over) {
      connection.destroy()
      return
    }
    this.up = connection.open(this.#head, this.#last, this.answer)
    for (const { chunk, last } of this.#early) this.up.write(chunk, last)
    if (this.#earlyTrailers !== undefined) this.up.writeTrailers(this.#earlyTrailers)
    if (this.#early.length > 0) this.down.resume()
    this.#early = []
  }

  onData(chunk: Buffer, last: boolean): void {
    if (this.up === undefined) {
      this.#early.push({ chunk: Buffer.from(chunk), last })
      this.down.pause()
    } else if (!this.up.write(chunk, last) && !last) this.down.pause()
  }

  onTrailers(trailers: Headers): void {
    if (this.up === undefined) this.#earlyTrailers = trailers
    else this.up.writeTrailers(trailers)
  }

  onReset(): void {
    this.over = true
    this.up?.reset('local-reset')
  }

  onWritable(): void {
    this.up?.resume()
  }
}

/** The response to it. */
class Answer implements ResponseHandler {
  readonly #exchange: Exchange
  #responded = false

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  onInformational(head: ResponseHead): void {
    this.#exchange.down.respondInformational(head)
  }

  onResponse(head: ResponseHead, last: boolean): void {
    this.#responded = true
    this.#exchange.down.respond(head, last)
  }

  onData(chunk: Buffer, last: boolean): void {
    if (!this.#exchange.down.write(chunk, last) && !last) this.#exchange.up?.pause()
  }

  onTrailers(trailers: Headers): void {
    this.#exchange.down.writeTrailers(trailers)
  }

  onReset(reason: ResetReason): void {
    const exchange = this.#exchange
    if (exchange.over) return
    exchange.over = true
    exchange.pool.options.onReset?.(reason)
    if (this.#responded) exchange.down.reset(reason)
    else exchange.down.respond({ status: reason === 'protocol-error' ? 502 : 503, headers: new HeaderList() }, true)
  }

  onWritable(): void {
    this.#exchange.down.resume()
  }
}
