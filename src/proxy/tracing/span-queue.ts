/** Spans on their way out, and what is counted of them. */
import type { Clock } from '../../lib/clock.ts'
import { ReportQueue, type SendItems } from '../telemetry/report-queue.ts'
import type { Span, SpanSink } from './span.ts'

export type SendSpans = SendItems<Span>

/** Under Envoy's names (tracing.<kind>.*), and what it does not count. */
export class TracingStats {
  spans_sent = 0
  spans_dropped = 0
  reports_sent = 0
  reports_dropped = 0
  timer_flushed = 0
}

export class SpanQueue implements SpanSink {
  readonly #queue: ReportQueue<Span>

  /** @param lost told of each report that did not arrive */
  constructor(send: SendSpans, stats: TracingStats, clock: Clock, lost: (reason: string) => void) {
    const observer = {
      sent(spans: number) {
        stats.reports_sent++
        stats.spans_sent += spans
      },
      lost(spans: number, reason: string) {
        stats.reports_dropped++
        stats.spans_dropped += spans
        lost(reason)
      },
      refused() {
        stats.spans_dropped++
      },
      flushed() {
        stats.timer_flushed++
      },
    }
    this.#queue = new ReportQueue(send, observer, clock)
  }

  report(span: Span): void {
    this.#queue.add(span)
  }

  /** Sends what there is; resolves when that has been tried. */
  flush(): Promise<void> {
    return this.#queue.flush()
  }
}
