/**
 * Whose turn it is to send on a connection: streams with bytes that the connection's window or the socket holds back, streams whose writers
 * are owed a word when the socket takes more, and streams that are written whole and that nobody takes.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Http2Stream } from './stream.ts'

/** A stream that waits sends so much before it is the next one's turn. */
const TURN = 32 * 1024

/** The connection, as far as it decides. */
export interface SendingSide {
  /** What the peer's window of the connection leaves us to send. */
  readonly sendWindow: number
  /** The socket has enough. */
  readonly outputBlocked: boolean
  /** A stream is stuck for too long. */
  onStuck(stream: Http2Stream): void
}

export class SendTurns {
  readonly #side: SendingSide
  readonly #flushTimeoutMs: number
  readonly #clock: Clock
  /** In the order of their turns. */
  readonly #waiting = new Set<Http2Stream>()
  readonly #owed = new Set<Http2Stream>()
  readonly #stuck = new Set<Http2Stream>()
  #cancelSweep: (() => void) | undefined

  /** @param flushTimeoutMs how long a stream may be stuck; 0: as long as it likes */
  constructor(side: SendingSide, flushTimeoutMs: number, clock: Clock) {
    this.#side = side
    this.#flushTimeoutMs = flushTimeoutMs
    this.#clock = clock
  }

  /** It has something to send that can't go out now. */
  wait(stream: Http2Stream): void {
    this.#waiting.add(stream)
  }

  /** It is told when the socket takes bytes again. */
  owe(stream: Http2Stream): void {
    this.#owed.add(stream)
  }

  /** It is written whole, but waits: it must not wait forever. */
  watch(stream: Http2Stream): void {
    if (this.#flushTimeoutMs === 0 || !stream.isStuck) return
    this.#stuck.add(stream)
    this.#cancelSweep ??= this.#clock.after(this.#flushTimeoutMs, () => this.#sweep())
  }

  /** In turns: a stream that is not done goes to the end of the line, where this loop finds it again. */
  flush(): void {
    const side = this.#side
    for (const stream of this.#waiting) {
      if (side.outputBlocked || side.sendWindow <= 0) return
      this.#waiting.delete(stream)
      if (!stream.gone && stream.flush(TURN)) this.#waiting.add(stream)
    }
  }

  /** The socket takes bytes again. */
  writable(): void {
    this.flush()
    for (const stream of this.#owed) {
      if (this.#side.outputBlocked) return
      this.#owed.delete(stream)
      stream.writable()
    }
  }

  forget(stream: Http2Stream): void {
    this.#waiting.delete(stream)
    this.#owed.delete(stream)
    this.#stuck.delete(stream)
  }

  stop(): void {
    this.#cancelSweep?.()
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    const oldest = performance.now() - this.#flushTimeoutMs
    for (const stream of [...this.#stuck]) {
      if (!stream.isStuck) this.#stuck.delete(stream)
      else if (stream.progressAt <= oldest) this.#side.onStuck(stream)
    }
    if (this.#stuck.size > 0) this.#cancelSweep = this.#clock.after(this.#flushTimeoutMs, () => this.#sweep())
  }
}
