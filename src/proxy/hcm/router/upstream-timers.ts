/**
 * The time limits of a request on its way to a cluster: of the whole of it, of one try, of silence within one try.
 */
import { Timer, type TimerOwner, type TimerWheel } from '../../../lib/timer-wheel.ts'

/** Milliseconds; 0: no limit. */
export interface UpstreamLimits {
  /** From the end of the request to the end of the response. */
  readonly timeoutMs: number
  /** From the start of a try, or the end of the request if that is later, to the head of the response. */
  readonly perTryMs: number
  /** Of silence of the upstream, during a try. */
  readonly perTryIdleMs: number
}

export interface TimeLimited {
  onTimeout(): void
  onTryTimeout(reason: 'too-long' | 'silent'): void
}

export class UpstreamTimers implements TimerOwner {
  readonly #owner: TimeLimited
  readonly #timers: TimerWheel
  readonly #limits: UpstreamLimits
  #whole: Timer | undefined
  #try: Timer | undefined
  #silence: Timer | undefined
  #lastSign = 0

  constructor(owner: TimeLimited, timers: TimerWheel, limits: UpstreamLimits) {
    this.#owner = owner
    this.#timers = timers
    this.#limits = limits
  }

  /** The request has come in whole. @param trying a try is under way whose response has not begun */
  requestEnded(trying: boolean): void {
    this.#whole = this.#start(this.#whole, 'whole', this.#limits.timeoutMs)
    if (trying) this.#try = this.#start(this.#try, 'try', this.#limits.perTryMs)
  }

  tryStarted(requestEnded: boolean): void {
    this.#lastSign = performance.now()
    if (requestEnded) this.#try = this.#start(this.#try, 'try', this.#limits.perTryMs)
    this.#silence = this.#start(this.#silence, 'silence', this.#limits.perTryIdleMs)
  }

  /** The upstream is alive. */
  sign(): void {
    if (this.#silence !== undefined) this.#lastSign = performance.now()
  }

  /** The response goes to the client: from here on only silence and the whole are limited. */
  committed(): void {
    if (this.#try !== undefined) this.#timers.stop(this.#try)
  }

  tryEnded(): void {
    if (this.#try !== undefined) this.#timers.stop(this.#try)
    if (this.#silence !== undefined) this.#timers.stop(this.#silence)
  }

  stop(): void {
    this.tryEnded()
    if (this.#whole !== undefined) this.#timers.stop(this.#whole)
  }

  onTimer(timer: Timer): void {
    if (timer === this.#whole) this.#owner.onTimeout()
    else if (timer === this.#try) this.#owner.onTryTimeout('too-long')
    else {
      const left = this.#lastSign + this.#limits.perTryIdleMs - performance.now()
      if (left > 1) this.#timers.start(timer, left)
      else this.#owner.onTryTimeout('silent')
    }
  }

  #start(timer: Timer | undefined, kind: string, ms: number): Timer | undefined {
    if (ms <= 0) return timer
    const started = timer ?? new Timer(this, kind)
    this.#timers.start(started, ms)
    return started
  }
}
