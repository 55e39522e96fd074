/** Spans in OpenTelemetry's form (OTLP). Loaded when the first spans are to be sent. */
import { ExportTraceServiceRequest } from '../../xds/gen/opentelemetry/proto/collector/trace/v1/trace_service.ts'
import type { KeyValue } from '../../xds/gen/opentelemetry/proto/common/v1/common.ts'
import {
  Span as OtlpSpan,
  Span_SpanKind as SpanKind,
  Status_StatusCode as StatusCode,
} from '../../xds/gen/opentelemetry/proto/trace/v1/trace.ts'
import type { Span } from './span.ts'

const NANOSECONDS = 1_000_000

/** @param resource attributes of the process */
export function encodeOtlp(spans: readonly Span[], resource: ReadonlyMap<string, string>): Uint8Array {
  const message = ExportTraceServiceRequest.fromPartial({
    resourceSpans: [
      {
        resource: { attributes: attributes(resource) },
        scopeSpans: [{ scope: { name: 'mizzen' }, spans: spans.map(otlpSpan) }],
      },
    ],
  })
  return ExportTraceServiceRequest.encode(message).finish()
}

function otlpSpan(span: Span): OtlpSpan {
  return OtlpSpan.fromPartial({
    traceId: Buffer.from(span.traceId.padStart(32, '0'), 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
    traceState: span.traceState,
    parentSpanId: Buffer.from(span.parentSpanId, 'hex'),
    name: span.name,
    kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    startTimeUnixNano: Math.round(span.startMs * NANOSECONDS),
    endTimeUnixNano: Math.round(span.endMs * NANOSECONDS),
    attributes: attributes(span.tags),
    status: { code: span.failed ? StatusCode.ERROR : StatusCode.UNSET },
  })
}

function attributes(values: ReadonlyMap<string, string>): KeyValue[] {
  return Array.from(values, ([key, value]) => ({ key, value: { value: { $case: 'stringValue', value } } }))
}
