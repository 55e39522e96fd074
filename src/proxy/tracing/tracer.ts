/** What a provider of the configuration comes to: how traces are followed, who decides, and where spans go. */
import type { TraceContext } from '../../lib/trace/context.ts'
import type { DroppedContext } from './dropped-context.ts'
import type { Propagation } from './propagation.ts'
import type { SpanSink } from './span.ts'

export interface Tracer {
  readonly propagation: Propagation
  /** Trace ids of 64 bits. */
  readonly shortIds: boolean
  /** Overrules what x-request-id says; undefined: there is none. */
  readonly sampler: ((parent: TraceContext | undefined, traceId: string) => boolean) | undefined
  readonly sink: SpanSink
  /** Of the process. */
  readonly dropped: DroppedContext
  /** Of spans whose route has no name for them. */
  readonly nameOf: (authority: string, outbound: boolean) => string
  /** On each span: who the proxy is. */
  readonly processTags: ReadonlyMap<string, string>
}
