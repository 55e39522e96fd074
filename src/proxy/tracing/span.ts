/** A span that is over, as exporters get it: the one form that OTLP and Zipkin are made of. */
export interface Span {
  /** Hexadecimal digits. */
  readonly traceId: string
  readonly spanId: string
  /** "": the first of its trace. */
  readonly parentSpanId: string
  /** tracestate as it came in; "": none. */
  readonly traceState: string
  readonly name: string
  readonly kind: 'server' | 'client'
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number
  readonly endMs: number
  /** Names may occur once only. */
  readonly tags: ReadonlyMap<string, string>
  /** By its kind: a client's span with a status from 400 on, a server's from 500 on. */
  readonly failed: boolean
  /** The address of this side of the connection; "": unknown. */
  readonly localAddress: string
  readonly localPort: number
}

/** Takes spans without delay, and never fails: what it can't keep it counts. */
export interface SpanSink {
  report(span: Span): void
}
