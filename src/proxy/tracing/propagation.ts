/** How a trace is followed from one hop to the next: which headers are read, and which are written. */
import { readB3, writeB3 } from '../../lib/trace/b3.ts'
import type { TraceContext } from '../../lib/trace/context.ts'
import { formatTraceparent, parseTraceparent } from '../../lib/trace/w3c.ts'
import type { Headers } from '../http/headers.ts'

export interface Propagation {
  /** undefined: the trace begins here. */
  read(headers: Headers): TraceContext | undefined
  /** @param chosen by x-request-id or chance @returns whether the request is sampled, given what the caller decided */
  sampled(headers: Headers, chosen: boolean): boolean
  write(headers: Headers, context: TraceContext, parentSpanId: string): void
}

/** OpenTelemetry's. A caller that did not sample is followed; one that did leaves the last word to x-request-id. */
export const w3c: Propagation = {
  read: headers => parseTraceparent(headers.get('traceparent')),
  sampled: (headers, chosen) => chosen && (w3c.read(headers)?.sampled ?? true),
  write: (headers, context) => headers.set('traceparent', formatTraceparent(context)),
}

/** @param withW3c traceparent is read where there is no B3, and written beside it */
export function b3(withW3c: boolean): Propagation {
  const fields = (headers: Headers) => readB3(name => headers.get(name))
  const parent = (headers: Headers) => (withW3c ? w3c.read(headers) : undefined)
  return {
    read: headers => fields(headers).context ?? parent(headers),
    sampled(headers, chosen) {
      const { context, sampled } = fields(headers)
      return sampled ?? (context === undefined ? parent(headers)?.sampled : undefined) ?? chosen
    },
    write(headers, context, parentSpanId) {
      writeB3((name, value) => headers.set(name, value), context, parentSpanId, headers.has('b3'))
      if (withW3c) w3c.write(headers, context, parentSpanId)
    },
  }
}
