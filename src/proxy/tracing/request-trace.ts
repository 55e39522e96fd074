/** What is known of one request's place in its trace while the request is under way. */
import type { TraceContext } from '../../lib/trace/context.ts'

export class RequestTrace implements TraceContext {
  readonly traceId: string
  /** The span that this proxy makes of the request. */
  readonly spanId: string
  /** "": the trace begins here. */
  readonly parentSpanId: string
  readonly traceState: string
  /** Whether spans are reported; the context is handed on in any case. */
  readonly sampled: boolean
  /** Of the span; the other side may know a better one. */
  name: string
  /** What the other side is told; undefined: nothing, or it knows already. */
  decoration: string | undefined
  /** One for each try, where tries have spans of their own. */
  tries: string[] | undefined

  constructor(context: {
    traceId: string
    spanId: string
    parentSpanId: string
    traceState: string
    sampled: boolean
    name: string
    decoration: string | undefined
  }) {
    this.traceId = context.traceId
    this.spanId = context.spanId
    this.parentSpanId = context.parentSpanId
    this.traceState = context.traceState
    this.sampled = context.sampled
    this.name = context.name
    this.decoration = context.decoration
  }
}
