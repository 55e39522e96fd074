/** Counters in this process: all proxies that ask this control plane count together. */
import type { Clock } from '../../lib/clock.ts'
import { type GcraRate, type GcraVerdict, gcra } from '../../lib/gcra.ts'
import type { Counters } from './counters.ts'

/** Keys that are remembered; of more, the one that was asked for longest ago is forgotten, and its bucket is full again. */
const MAX_KEYS = 100_000

export class MemoryCounters implements Counters {
  readonly #clock: Clock
  readonly #states = new Map<string, readonly number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async take(key: string, rates: readonly GcraRate[]): Promise<readonly GcraVerdict[]> {
    const now = this.#clock.now()
    const states = this.#states.get(key) ?? []
    const verdicts = rates.map((rate, i) => gcra(states[i] ?? 0, now, rate))
    if (!verdicts.every(verdict => verdict.allowed)) return verdicts
    this.#states.delete(key)
    this.#states.set(
      key,
      verdicts.map(verdict => verdict.fullAt),
    )
    const [oldest] = this.#states.keys()
    if (this.#states.size > MAX_KEYS && oldest !== undefined) this.#states.delete(oldest)
    return verdicts
  }

  close(): void {
    this.#states.clear()
  }
}
