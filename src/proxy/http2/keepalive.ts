/**
 * PINGs on a connection that is quiet (Envoy's connection_keepalive): one at each interval, one ahead of a stream after a long pause. A peer
 * that sends no frame at all for too long after one is given up.
 */
import type { Clock } from '../../lib/clock.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Keepalive } from './options.ts'

export interface KeptConnection {
  readonly writer: FrameWriter
  /** Nothing was heard within the timeout. */
  onSilence(): void
}

const OPAQUE = Buffer.from('\0\0\0\0\0\0\0\x01', 'latin1')

export class KeepaliveTimer {
  readonly #settings: Keepalive
  readonly #clock: Clock
  readonly #random: () => number
  readonly #connection: KeptConnection
  #cancelInterval: (() => void) | undefined
  #cancelTimeout: (() => void) | undefined
  #heardAt: number
  #stopped = false

  constructor(settings: Keepalive, clock: Clock, random: () => number, connection: KeptConnection) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#connection = connection
    this.#heardAt = clock.now()
    this.#scheduleNext()
  }

  /** The peer has sent something. */
  alive(): void {
    this.#heardAt = this.#clock.now()
  }

  probeIfIdle(): void {
    const { idleMs } = this.#settings
    if (idleMs > 0 && this.#clock.now() - this.#heardAt >= idleMs) this.#ping()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelInterval?.()
    this.#cancelTimeout?.()
  }

  #scheduleNext(): void {
    const { intervalMs, jitter } = this.#settings
    if (intervalMs === 0) return
    this.#cancelInterval = this.#clock.after(intervalMs * (1 + jitter * this.#random()), () => {
      this.#ping()
      this.#scheduleNext()
    })
  }

  #ping(): void {
    if (this.#stopped || this.#cancelTimeout !== undefined) return
    this.#connection.writer.ping(OPAQUE, false)
    this.#await(this.#clock.now())
  }

  /** Any frame counts as an answer: large ones may be in the way of the PING's. */
  #await(since: number): void {
    this.#cancelTimeout = this.#clock.after(this.#settings.timeoutMs, () => {
      this.#cancelTimeout = undefined
      if (this.#stopped) return
      if (this.#heardAt <= since) this.#connection.onSilence()
    })
  }
}
