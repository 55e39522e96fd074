/**
 * Makes one run out of many triggers: soon when there is little to do, in larger steps when triggers keep coming or runs are expensive.
 */
import type { Clock } from './clock.ts'

export interface DebounceOptions {
  readonly clock: Clock
  /** A run starts when there was no trigger for so long, milliseconds. @default 10 */
  readonly quietMs?: number
  /** No trigger waits longer, milliseconds, unless a run is under way. @default 1000 */
  readonly maxMs?: number
  /** The work. No other run starts until it calls `done`, at once or later. */
  readonly run: (done: () => void) => void
}

export class Debounce {
  readonly #clock: Clock
  readonly #quietMs: number
  readonly #maxMs: number
  readonly #run: (done: () => void) => void
  #firstAt: number | undefined
  #running = false
  /** How long the last run took: the next one begins as long after its end, so that runs never take more than half of the time. */
  #costMs = 0
  #endedAt = 0
  #cancelTimer: (() => void) | undefined

  constructor(options: DebounceOptions) {
    this.#clock = options.clock
    this.#quietMs = options.quietMs ?? 10
    this.#maxMs = options.maxMs ?? 1000
    this.#run = options.run
  }

  /** Whether a trigger waits for its run, or a run is under way. */
  get busy(): boolean {
    return this.#running || this.#firstAt !== undefined
  }

  trigger(): void {
    this.#firstAt ??= this.#clock.now()
    if (!this.#running) this.#arm(this.#firstAt)
  }

  /** Forgets triggers that wait; a run under way goes on. */
  cancel(): void {
    this.#cancelTimer?.()
    this.#firstAt = undefined
  }

  #arm(firstAt: number): void {
    this.#cancelTimer?.()
    const now = this.#clock.now()
    const quiet = Math.max(this.#quietMs, this.#endedAt + this.#costMs - now)
    const left = firstAt + this.#maxMs - now
    this.#cancelTimer = this.#clock.after(Math.max(0, Math.min(quiet, left)), () => this.#start())
  }

  #start(): void {
    const startedAt = this.#clock.now()
    this.#firstAt = undefined
    this.#running = true
    this.#run(() => {
      this.#running = false
      this.#endedAt = this.#clock.now()
      this.#costMs = this.#endedAt - startedAt
      if (this.#firstAt !== undefined) this.#arm(this.#firstAt)
    })
  }
}
