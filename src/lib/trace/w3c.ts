/** traceparent of W3C Trace Context (https://www.w3.org/TR/trace-context/). tracestate travels beside it, as it is. */
import type { TraceContext } from './context.ts'
import { isZero } from './ids.ts'

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const SAMPLED = 1

/** @returns undefined: there is none that can be followed, and a new trace begins (section 4.3) */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const found = text === undefined ? null : HEADER.exec(text)
  if (found === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = found
  // Later versions may append fields; this one has none.
  if (version === 'ff' || (version === '00' && more !== undefined) || isZero(traceId) || isZero(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/** Short ids are filled up with zeros. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId.padStart(32, '0')}-${spanId}-${sampled === true ? '01' : '00'}`
}
