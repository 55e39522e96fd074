/**
 * Exponential back-off: how long to wait before the next attempt. Pure: the caller owns the timer.
 */
export interface BackoffOptions {
  /** Wait before the first repetition, milliseconds. */
  readonly initialMs: number
  /** No wait is longer, milliseconds. */
  readonly maxMs: number
  /** Each wait is this many times the one before. @default 2 */
  readonly factor?: number
  /** Part of each wait that is random, 0 to 1: 0.2 gives 80 to 100 % of it. @default 0 */
  readonly jitter?: number
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number
}

export class Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #factor: number
  readonly #jitter: number
  readonly #random: () => number
  #attempts = 0

  constructor(options: BackoffOptions) {
    const { initialMs, maxMs, factor = 2, jitter = 0, random = Math.random } = options
    if (!(initialMs > 0)) throw new RangeError(`Cannot make a back-off: "initialMs" is ${initialMs}, expected more than 0`)
    if (!(maxMs >= initialMs)) throw new RangeError(`Cannot make a back-off: "maxMs" is ${maxMs}, expected at least ${initialMs}`)
    if (!(factor >= 1)) throw new RangeError(`Cannot make a back-off: "factor" is ${factor}, expected at least 1`)
    if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`Cannot make a back-off: "jitter" is ${jitter}, expected 0 to 1`)
    this.#initialMs = initialMs
    this.#maxMs = maxMs
    this.#factor = factor
    this.#jitter = jitter
    this.#random = random
  }

  /** How often `next` was called since the last reset. */
  get attempts(): number {
    return this.#attempts
  }

  /** Milliseconds to wait now; longer each time, up to the maximum. */
  next(): number {
    const wait = Math.min(this.#maxMs, this.#initialMs * this.#factor ** this.#attempts)
    this.#attempts++
    return wait * (1 - this.#jitter * this.#random())
  }

  /** It went well: the next wait is the first one again. */
  reset(): void {
    this.#attempts = 0
  }
}
