/**
 * Time as an argument: what runs timers takes a clock, so that its tests need not wait.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs once, after so many milliseconds. @returns cancels it, if it has not run */
  after(ms: number, run: () => void): () => void
}

/** The machine's clock. Its timers keep the process alive until they run or are cancelled. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

interface Waiting {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number
  #waiting: Waiting[] = []

  constructor(now = 0) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms, run }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== entry)
    }
  }

  /** Timers that have not run. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Moves on, running what falls due in its order, including what that starts. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#earliest(until); next; next = this.#earliest(until)) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.#now = next.at
      next.run()
    }
    this.#now = until
  }

  #earliest(until: number): Waiting | undefined {
    let first: Waiting | undefined
    for (const entry of this.#waiting) {
      if (entry.at <= until && (!first || entry.at < first.at)) first = entry
    }
    return first
  }
}
