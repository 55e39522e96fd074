/** Zipkin's B3 headers, in one field (b3) or several (x-b3-...): https://github.com/openzipkin/b3-propagation */
import type { ReadHeader, TraceContext, WriteHeader } from './context.ts'
import { isZero } from './ids.ts'

/** context undefined: the caller has decided, and named no trace. */
export interface B3 {
  readonly context: TraceContext | undefined
  readonly sampled: boolean | undefined
}

const SINGLE = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i
const TRACE = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i
const SPAN = /^[0-9a-f]{16}$/i

export function readB3(read: ReadHeader): B3 {
  const single = read('b3')
  return single === undefined ? severalFields(read) : oneField(single)
}

function oneField(text: string): B3 {
  const found = SINGLE.exec(text)
  if (found === null) return { context: undefined, sampled: decision(text) }
  const [, traceId = '', spanId = '', flag] = found
  return b3(traceId, spanId, decision(flag))
}

function severalFields(read: ReadHeader): B3 {
  const sampled = read('x-b3-flags') === '1' ? true : decision(read('x-b3-sampled'))
  const traceId = read('x-b3-traceid') ?? ''
  const spanId = read('x-b3-spanid') ?? ''
  return TRACE.test(traceId) && SPAN.test(spanId) ? b3(traceId, spanId, sampled) : { context: undefined, sampled }
}

function b3(traceId: string, spanId: string, sampled: boolean | undefined): B3 {
  if (isZero(traceId) || isZero(spanId)) return { context: undefined, sampled }
  return { context: { traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase(), sampled }, sampled }
}

/** "d" is debug: sampled, whatever it costs. Old clients say true and false. */
function decision(flag: string | undefined): boolean | undefined {
  if (flag === '1' || flag === 'd' || flag === 'true') return true
  return flag === '0' || flag === 'false' ? false : undefined
}

/** @param parentSpanId "": none @param single in one field, as the caller does, instead of several */
export function writeB3(
  write: WriteHeader,
  { traceId, spanId, sampled }: TraceContext,
  parentSpanId: string,
  single: boolean,
): void {
  const flag = sampled === true ? '1' : '0'
  if (single) {
    write('b3', `${traceId}-${spanId}-${flag}${parentSpanId === '' ? '' : `-${parentSpanId}`}`)
    return
  }
  write('x-b3-traceid', traceId)
  write('x-b3-spanid', spanId)
  if (parentSpanId !== '') write('x-b3-parentspanid', parentSpanId)
  write('x-b3-sampled', flag)
}
