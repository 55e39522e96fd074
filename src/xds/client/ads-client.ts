/**
 * The sidecar's xDS client: keeps a stream to its control plane, for as long as it takes.
 */
import { Backoff } from '../../lib/backoff.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { OPEN_CHANNEL } from './channel.ts'
import type { XdsClient, XdsClientOptions } from './client.ts'
import { delta } from './delta.ts'
import { Exchange } from './exchange.ts'
import { GrpcStream } from './grpc-stream.ts'
import { sotw } from './sotw.ts'
import { SERVICES, type Variant } from './variant.ts'

/** What tests bring along. */
export interface Surroundings {
  /** @default systemClock */
  readonly clock?: Clock
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 10_000
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

export class AdsClient implements XdsClient {
  readonly #options: XdsClientOptions
  readonly #clock: Clock
  readonly #variant: Variant
  readonly #exchange: Exchange
  /** Full jitter: a thousand sidecars whose control plane restarted come back spread over the whole interval. */
  readonly #backoff: Backoff
  #stream: GrpcStream | undefined
  #cancelRetry: (() => void) | undefined
  #flushing = false
  #started = false

  constructor(options: XdsClientOptions, surroundings: Surroundings = {}) {
    const { clock = systemClock, random = Math.random } = surroundings
    this.#options = options
    this.#clock = clock
    this.#variant = options.protocol === 'delta' ? delta : sotw
    this.#exchange = new Exchange(this.#variant, options.node, options.apply)
    this.#backoff = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LAST_RETRY_MS, jitter: 1, random })
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#connect()
  }

  subscribe(type: string, names: Iterable<string>): void {
    this.#exchange.subscribe(type, names)
    this.#flushSoon()
  }

  unsubscribe(type: string, names: Iterable<string>): void {
    this.#exchange.unsubscribe(type, names)
    this.#flushSoon()
  }

  close(): void {
    this.#started = false
    this.#cancelRetry?.()
    this.#exchange.closed()
    this.#stream?.close()
    this.#stream = undefined
  }

  #connect(): void {
    const { address, security = OPEN_CHANNEL, service = 'ads', maxMessageBytes = MAX_MESSAGE_BYTES, onConnection } = this.#options
    const path = `${SERVICES[service]}/${this.#variant.methods[service]}`
    const stream = new GrpcStream(
      { address, security, path, maxMessageBytes, clock: this.#clock },
      {
        onConnected: () => {
          onConnection?.({ connected: true })
          this.#exchange.open(message => stream.send(message))
        },
        onMessage: message => {
          // Connecting proves little: whatever accepts connections in front of the control plane may have nothing behind it.
          this.#backoff.reset()
          this.#exchange.receive(message)
        },
        onEnd: reason => this.#retry(reason),
      },
    )
    this.#stream = stream
  }

  #retry(reason: string): void {
    this.#exchange.closed()
    this.#stream = undefined
    const retryMs = Math.round(this.#backoff.next())
    this.#cancelRetry = this.#clock.after(retryMs, () => this.#connect())
    this.#options.onConnection?.({ connected: false, reason, retryMs })
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#exchange.flush()
    })
  }
}
