/**
 * Tracing of one connection manager: a request gets its place in a trace when it comes in, hands it on with every try, and becomes spans when
 * it is over, if it is sampled. (Envoy HttpConnectionManager.Tracing)
 */
import { randomId } from '../../lib/trace/ids.ts'
import { wallClock } from '../../lib/wall-clock.ts'
import type { HttpConnectionManager_Tracing as Config } from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { RouteDecision, SamplingRates } from '../route/decision.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'
import { compileTextFormat } from '../telemetry/log-format.ts'
import { compileCustomTags, type TagReader } from './custom-tags.ts'
import { RequestTrace } from './request-trace.ts'
import { decideSampling } from './sampling.ts'
import type { Span } from './span.ts'
import { outcomeTags, requestTags } from './span-tags.ts'
import type { Tracer } from './tracer.ts'

export interface TracingSettings {
  readonly tracer: Tracer
  /** Requests that leave the workload: the span is the client's. */
  readonly outbound: boolean
  /** Whether x-request-id carries the decision on sampling. */
  readonly byRequestId: boolean
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const DECORATION = 'x-envoy-decorator-operation'
/** Envoy's default of max_path_tag_length. */
const MAX_PATH = 256

export class HttpTracing {
  readonly #tracer: Tracer
  readonly #rates: SamplingRates
  readonly #maxPath: number
  readonly #customTags: readonly TagReader[]
  readonly #spansOfTries: boolean
  readonly #handsOn: boolean
  readonly #operation: ((record: DecisionRecord) => string) | undefined
  readonly #tryOperation: ((record: DecisionRecord) => string) | undefined
  readonly #outbound: boolean
  readonly #byRequestId: boolean
  readonly #random: () => number

  /** @throws naming the field that can't be used */
  constructor(config: Config, { tracer, outbound, byRequestId, random }: TracingSettings) {
    if (config.verbose) throw new Error('tracing.verbose is not supported')
    this.#tracer = tracer
    this.#outbound = outbound
    this.#byRequestId = byRequestId
    this.#random = random
    this.#rates = {
      client: config.clientSampling?.value ?? 100,
      random: config.randomSampling?.value ?? 100,
      overall: config.overallSampling?.value ?? 100,
    }
    this.#maxPath = config.maxPathTagLength ?? MAX_PATH
    this.#customTags = compileCustomTags(config.customTags)
    this.#spansOfTries = config.spawnUpstreamSpan ?? false
    this.#handsOn = !config.noContextPropagation
    this.#operation = config.operation === '' ? undefined : compileTextFormat(config.operation, '')
    this.#tryOperation = config.upstreamOperation === '' ? undefined : compileTextFormat(config.upstreamOperation, '')
  }

  /** The head is complete, and the route is known. */
  start(head: RequestHead, decision: RouteDecision | 'tls-required' | undefined): RequestTrace {
    const { headers } = head
    const tracer = this.#tracer
    const route = decision === undefined || decision === 'tls-required' ? undefined : decision
    const rates = route?.sampling ?? this.#rates
    const chosen = !this.#byRequestId || decideSampling(headers, rates, this.#random) !== 'none'
    const parent = tracer.propagation.read(headers)
    const spanId = randomId(8)
    // The first span of a trace with short ids has the trace's id.
    const traceId = parent?.traceId ?? (tracer.shortIds ? spanId : randomId(16))
    const decorator = route?.decorator
    const trace = new RequestTrace({
      traceId,
      spanId,
      parentSpanId: parent?.spanId ?? '',
      traceState: (parent && headers.get('tracestate')) ?? '',
      sampled: tracer.sampler?.(parent, traceId) ?? tracer.propagation.sampled(headers, chosen),
      name: decorator?.operation || tracer.nameOf(head.authority, this.#outbound),
      decoration: decorator?.propagate ? decorator.operation : undefined,
    })
    if (this.#outbound) {
      // At a gateway nobody could have handed anything on; a tunnel carries the requests that may.
      if (parent === undefined && !this.#spansOfTries && head.method !== 'CONNECT') tracer.dropped.called(head.authority)
      if (trace.decoration !== undefined) headers.set(DECORATION, trace.decoration)
    } else {
      tracer.dropped.received()
      this.#takeDecoration(trace, headers)
    }
    return trace
  }

  /** The caller's proxy knows by which rule the request came here. */
  #takeDecoration(trace: RequestTrace, headers: Headers): void {
    const given = headers.get(DECORATION)
    if (given === undefined) return
    if (given !== '') {
      trace.name = given
      trace.decoration = undefined
    }
    headers.remove(DECORATION)
  }

  /** Before each try. */
  handOn(headers: Headers, trace: RequestTrace): void {
    if (!this.#handsOn) return
    if (!this.#spansOfTries) {
      this.#tracer.propagation.write(headers, trace, trace.parentSpanId)
      return
    }
    const spanId = randomId(8)
    trace.tries ??= []
    trace.tries.push(spanId)
    this.#tracer.propagation.write(headers, { traceId: trace.traceId, spanId, sampled: trace.sampled }, trace.spanId)
  }

  /** The response's head is about to go out. */
  onResponse(headers: Headers, trace: RequestTrace): void {
    if (!this.#outbound) {
      if (trace.decoration !== undefined) headers.set(DECORATION, trace.decoration)
      return
    }
    const given = headers.get(DECORATION)
    if (given === undefined) return
    if (given !== '') trace.name = given
    headers.remove(DECORATION)
  }

  /** The request is over. */
  report(record: DecisionRecord, trace: RequestTrace): void {
    if (!this.#outbound) this.#tracer.dropped.answered()
    if (!trace.sampled) return
    const { sink, processTags } = this.#tracer
    if (trace.tries !== undefined) this.#reportTries(record, trace, trace.tries)
    const tags = new Map(processTags)
    requestTags(tags, record, this.#maxPath)
    for (const { tag, read } of this.#customTags) {
      const value = read(record)
      if (value !== '') tags.set(tag, value)
    }
    tags.set('request_size', String(record.bytesReceived))
    tags.set('response_size', String(record.bytesSent))
    outcomeTags(tags, record, record.status)
    const asServer = this.#spansOfTries || !this.#outbound
    sink.report({
      ...this.#common(record, trace),
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      name: this.#operation?.(record) || trace.name,
      kind: asServer ? 'server' : 'client',
      startMs: wallClock(record.startedAt),
      endMs: wallClock(record.endedAt),
      tags,
      failed: record.status === 0 || record.status >= (asServer ? 500 : 400),
    })
  }

  #reportTries(record: DecisionRecord, trace: RequestTrace, ids: readonly string[]): void {
    const former = record.formerTries ?? []
    ids.forEach((spanId, i) => {
      const before = former[i]
      const status = before?.status ?? record.status
      const tags = new Map<string, string>()
      if (record.request !== undefined) tags.set('http.protocol', record.request.protocol)
      const host = before === undefined ? record.host : before.host
      outcomeTags(tags, record, status)
      if (host !== undefined) tags.set('upstream_address', host.address).set('peer.address', host.address)
      // The rest of its answer was not waited for.
      if (before !== undefined && before.status > 0) tags.set('canceled', 'true')
      if (i > 0) tags.set('retry.count', String(i))
      const startedAt = before?.startedAt ?? (record.tryStartedAt || record.upstreamStartedAt)
      this.#tracer.sink.report({
        ...this.#common(record, trace),
        spanId,
        parentSpanId: trace.spanId,
        name: this.#tryOperation?.(record) || `router ${record.cluster?.name ?? ''} egress`,
        kind: 'client',
        startMs: wallClock(startedAt),
        endMs: wallClock(before?.endedAt ?? (record.upstreamEndedAt || record.endedAt)),
        tags,
        failed: status === 0 || status >= 400,
      })
    })
  }

  #common(
    { connection }: DecisionRecord,
    trace: RequestTrace,
  ): Pick<Span, 'traceId' | 'traceState' | 'localAddress' | 'localPort'> {
    const { localAddress, localPort } = connection.facts
    return { traceId: trace.traceId, traceState: trace.traceState, localAddress, localPort }
  }
}
