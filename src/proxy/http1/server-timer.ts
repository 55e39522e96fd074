/** The time limits of a downstream connection. One of them applies at a time, so one timer does for all. */
import { Timer, type TimerOwner, type TimerWheel } from '../../lib/timer-wheel.ts'
import type { Transport } from '../net/transport.ts'

export interface ServerTimeouts {
  /** From a head's first byte to its last; then 408. Envoy's request_headers_timeout, which is off there. Milliseconds. */
  readonly headTimeoutMs: number
  /** Between requests; the connection closes after one to two times this long. Envoy's idle_timeout. Milliseconds. */
  readonly idleTimeoutMs: number
}

export interface TimedConnection {
  /** Requests under way. */
  readonly active: number
  readonly transport: Transport
  onHeadTimeout(): void
  onIdleTimeout(): void
}

/** How long a client may take to close its half after we closed ours. A reset before it has read the response could take it away. */
const LINGER_MS = 1000
/** How many lingers in a row a client may take nothing of what is still to be sent. */
const MAX_STALLS = 30
/**
 * How long a connection must have been idle to be closed by a drain. Closing at once would cross a request on its way in; the next
 * response says "close" instead.
 */
const DRAIN_IDLE_MS = 1000

export class ServerTimer implements TimerOwner {
  /** What is being limited. */
  phase: 'idle' | 'head' | 'drain' | 'linger' = 'idle'
  /** A request came since the idle timer was started: an assignment a request instead of a restart. */
  used = false
  readonly #wheel: TimerWheel
  readonly #timeouts: ServerTimeouts
  readonly #connection: TimedConnection
  readonly #timer: Timer
  /** What was unsent when the linger timer fired last, and how often it was the same as before. */
  #unsent = 0
  #stalls = 0

  constructor(wheel: TimerWheel, timeouts: ServerTimeouts, connection: TimedConnection) {
    this.#wheel = wheel
    this.#timeouts = timeouts
    this.#connection = connection
    this.#timer = new Timer(this, 'http1')
  }

  idle(): void {
    this.#start('idle', this.#timeouts.idleTimeoutMs)
  }

  head(): void {
    this.#start('head', this.#timeouts.headTimeoutMs)
  }

  drain(): void {
    this.#start('drain', DRAIN_IDLE_MS)
  }

  /** Our half is closed. */
  linger(): void {
    this.#start('linger', LINGER_MS)
  }

  stop(): void {
    this.#wheel.stop(this.#timer)
  }

  onTimer(): void {
    switch (this.phase) {
      case 'head':
        this.#connection.onHeadTimeout()
        break
      case 'linger':
        this.#endLinger()
        break
      default:
        if (this.#connection.active === 0 && !this.used) this.#connection.onIdleTimeout()
        else if (this.phase === 'idle') this.idle()
        else this.drain()
        this.used = false
    }
  }

  /** Gives up on the client's half; but not while it still takes what we wrote, however slowly. */
  #endLinger(): void {
    const { pending } = this.#connection.transport
    if (pending === this.#unsent) this.#stalls++
    this.#unsent = pending
    if (pending > 0 && this.#stalls < MAX_STALLS) this.linger()
    else this.#connection.transport.destroy()
  }

  #start(phase: 'idle' | 'head' | 'drain' | 'linger', ms: number): void {
    this.phase = phase
    this.#wheel.start(this.#timer, ms)
  }
}
