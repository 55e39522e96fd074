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
  /** How long the last run took: the next one waits as long, so that runs never take more than half of the time. */
  #costMs = 0
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
    const quiet = Math.max(this.#quietMs, this.#costMs)
    const left = firstAt + this.#maxMs - this.#clock.now()
    this.#cancelTimer = this.#clock.after(Math.max(0, Math.min(quiet, left)), () => this.#start())
  }

  #start(): void {
    const startedAt = this.#clock.now()
    this.#firstAt = undefined
    this.#running = true
    this.#run(() => {
      this.#running = false
      this.#costMs = this.#clock.now() - startedAt
      if (this.#firstAt !== undefined) this.#arm(this.#firstAt)
    })
  }
}
