/**
 * Names the hop at which a trace breaks: the application received a trace and, while it answered, called somebody without it. Which request led
 * to which is not known here, so a call counts as soon as any traced request is being answered.
 */
import type { StatsRegistry } from '../telemetry/stats.ts'

export class DroppedCalls {
  total = 0
}

/** Destinations that are told apart. */
const MOST = 64

export class DroppedContext {
  readonly #stats: StatsRegistry
  readonly #tell: (destination: string) => void
  readonly #known = new Map<string, DroppedCalls>()
  #answering = 0

  /** @param tell of the first call to each destination */
  constructor(stats: StatsRegistry, tell: (destination: string) => void) {
    this.#stats = stats
    this.#tell = tell
  }

  /** The application is handed a request with its context. */
  received(): void {
    this.#answering++
  }

  answered(): void {
    this.#answering--
  }

  /** The application calls somebody, without a context. */
  called(destination: string): void {
    if (this.#answering === 0) return
    let calls = this.#known.get(destination)
    if (calls === undefined) {
      if (this.#known.size >= MOST) return
      calls = this.#stats.shared(DroppedCalls, {
        prefix: `tracing.context_dropped.${destination}`,
        family: 'mizzen_trace_context_dropped',
        labels: { destination },
      })
      this.#known.set(destination, calls)
      this.#tell(destination)
    }
    calls.total++
  }
}
