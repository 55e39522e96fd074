/**
 * Spans on their way out: gathered, sent some at a time, never more kept than there is room for. What finds no room, or can't be sent, is
 * counted and forgotten: a collector that is away costs the traffic nothing.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Span, SpanSink } from './span.ts'

/** @param done is called once: undefined, or why they are lost */
export type SendSpans = (spans: readonly Span[], done: (error: string | undefined) => void) => void

/** Under Envoy's names (tracing.<kind>.*), and what it does not count. */
export class TracingStats {
  spans_sent = 0
  spans_dropped = 0
  reports_sent = 0
  reports_dropped = 0
  timer_flushed = 0
}

/** Spans that wait while others are under way. */
const ROOM = 2048
/** Spans of one report. */
const MOST_AT_ONCE = 256
/** How long a span waits for others. */
const GATHER_MS = 1000

export class SpanQueue implements SpanSink {
  readonly #send: SendSpans
  readonly #stats: TracingStats
  readonly #clock: Clock
  readonly #lost: (reason: string) => void
  #waiting: Span[] = []
  #sending = false
  #cancelTimer: (() => void) | undefined
  #idle: (() => void)[] = []

  /** @param lost told of each report that did not arrive */
  constructor(send: SendSpans, stats: TracingStats, clock: Clock, lost: (reason: string) => void) {
    this.#send = send
    this.#stats = stats
    this.#clock = clock
    this.#lost = lost
  }

  report(span: Span): void {
    if (this.#waiting.length >= ROOM) {
      this.#stats.spans_dropped++
      return
    }
    this.#waiting.push(span)
    if (this.#sending) return
    if (this.#waiting.length >= MOST_AT_ONCE) this.#sendSome()
    else
      this.#cancelTimer ??= this.#clock.after(GATHER_MS, () => {
        this.#stats.timer_flushed++
        this.#sendSome()
      })
  }

  /** Sends what there is; resolves when that has been tried. */
  flush(): Promise<void> {
    if (!this.#sending && this.#waiting.length === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#idle.push(resolve)
      if (!this.#sending) this.#sendSome()
    })
  }

  #sendSome(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const spans = this.#waiting.splice(0, MOST_AT_ONCE)
    this.#sending = true
    this.#send(spans, error => {
      this.#sending = false
      if (error === undefined) {
        this.#stats.reports_sent++
        this.#stats.spans_sent += spans.length
      } else {
        this.#stats.reports_dropped++
        this.#stats.spans_dropped += spans.length
        this.#lost(error)
      }
      this.#goOn()
    })
  }

  #goOn(): void {
    if (this.#idle.length > 0 && this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
    else if (this.#idle.length > 0 || this.#waiting.length >= MOST_AT_ONCE) this.#sendSome()
    else if (this.#waiting.length > 0)
      this.#cancelTimer ??= this.#clock.after(GATHER_MS, () => {
        this.#stats.timer_flushed++
        this.#sendSome()
      })
  }
}
