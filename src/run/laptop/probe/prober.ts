/**
 * When a probe asks, and what its answers amount to: the kubelet's thresholds and timings over any check. The clock and the check
 * are given.
 *
 * One thing differs from a cluster: until its first success a probe asks more often than its period, so that a mesh of quick
 * programs is up in a second and not in ten. Failures count once a period all the same.
 */
import type { Clock } from '../../../lib/clock.ts'

/** Resolves within the timeout: undefined when all is well, else why not. */
export type Check = (timeoutMs: number) => Promise<string | undefined>

/** Kubernetes' Probe without its action; defaults as there. */
export interface ProbeTiming {
  readonly initialDelaySeconds?: number | undefined
  readonly periodSeconds?: number | undefined
  readonly timeoutSeconds?: number | undefined
  readonly successThreshold?: number | undefined
  readonly failureThreshold?: number | undefined
}

export interface ProberOptions {
  readonly timing: ProbeTiming
  readonly check: Check
  readonly clock: Clock
  /** successThreshold successes in a row, after a failure or at first. */
  readonly onSuccess: () => void
  /** failureThreshold failures in a row, after a success or at first; the reason of the last. */
  readonly onFailure: (reason: string) => void
}

/** First wait between two questions while no answer was good; doubles up to the period. */
const FIRST_WAIT_MS = 50

export class Prober {
  readonly #options: ProberOptions
  readonly #periodMs: number
  #waitMs = FIRST_WAIT_MS
  #state: 'unknown' | 'success' | 'failure' = 'unknown'
  #everGood = false
  #inARow = 0
  #lastGood: boolean | undefined
  #lastCountedAt = Number.NEGATIVE_INFINITY
  #cancelTimer: (() => void) | undefined
  #stopped = false

  constructor(options: ProberOptions) {
    this.#options = options
    this.#periodMs = Math.max(1, options.timing.periodSeconds ?? 10) * 1000
    this.#askIn((options.timing.initialDelaySeconds ?? 0) * 1000)
  }

  /** Asks no more; an answer under way is not heard. */
  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
  }

  #askIn(ms: number): void {
    this.#cancelTimer = this.#options.clock.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const timeoutMs = Math.max(1, this.#options.timing.timeoutSeconds ?? 1) * 1000
    const reason = await this.#options.check(timeoutMs)
    if (this.#stopped) return
    this.#count(reason)
    if (this.#stopped) return
    this.#askIn(this.#everGood ? this.#periodMs : this.#waitMs)
    this.#waitMs = Math.min(this.#periodMs, this.#waitMs * 2)
  }

  #count(reason: string | undefined): void {
    const good = reason === undefined
    const { clock, timing, onSuccess, onFailure } = this.#options
    if (good) this.#everGood = true
    else if (!this.#everGood) {
      // Questions asked ahead of time cost nothing.
      if (clock.now() - this.#lastCountedAt < this.#periodMs) return
      this.#lastCountedAt = clock.now()
    }
    this.#inARow = good === this.#lastGood ? this.#inARow + 1 : 1
    this.#lastGood = good
    if (good && this.#state !== 'success' && this.#inARow >= (timing.successThreshold ?? 1)) {
      this.#state = 'success'
      onSuccess()
    } else if (!good && this.#state !== 'failure' && this.#inARow >= (timing.failureThreshold ?? 3)) {
      this.#state = 'failure'
      onFailure(reason)
    }
  }
}
