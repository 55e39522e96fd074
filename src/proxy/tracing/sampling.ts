/**
 * Whether a request is traced (Envoy: ConnectionManagerUtility::mutateTracingRequestHeader): what x-request-id says counts; else the client may
 * force it, else chance decides, and the decision goes into x-request-id for everybody behind us.
 */
import { requestIdDraw, type TraceReason, traceReason, withTraceReason } from '../../lib/trace/request-id.ts'
import type { Headers } from '../http/headers.ts'
import type { SamplingRates } from '../route/decision.ts'

export function decideSampling(headers: Headers, rates: SamplingRates, random: () => number): TraceReason {
  const id = headers.get('x-request-id') ?? ''
  const draw = requestIdDraw(id)
  if (draw === undefined) return 'none'
  const before = traceReason(id)
  const wanted = before === 'none' ? reasonToTrace(headers, rates, draw, random) : before
  const reason = wanted !== 'none' && !within(rates.overall, draw) ? 'none' : wanted
  if (reason !== before) headers.set('x-request-id', withTraceReason(id, reason))
  return reason
}

function reasonToTrace(headers: Headers, rates: SamplingRates, draw: number, random: () => number): TraceReason {
  if (headers.has('x-client-trace-id') && within(rates.client, random() * 10_000)) return 'client'
  if (headers.has('x-envoy-force-trace')) return 'forced'
  return within(rates.random, draw) ? 'sampled' : 'none'
}

/** @param draw 0 to 9999 */
function within(percent: number, draw: number): boolean {
  return draw < percent * 100
}
