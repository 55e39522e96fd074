/** Spans in Zipkin's form (version 2, JSON). Loaded when the first spans are to be sent. */
import type { Span } from './span.ts'

const MICROSECONDS = 1000

export function encodeZipkin(spans: readonly Span[], serviceName: string): Uint8Array {
  return Buffer.from(
    JSON.stringify(
      spans.map(span => ({
        traceId: span.traceId,
        id: span.spanId,
        ...(span.parentSpanId !== '' && { parentId: span.parentSpanId }),
        kind: span.kind === 'server' ? 'SERVER' : 'CLIENT',
        name: span.name,
        timestamp: Math.round(span.startMs * MICROSECONDS),
        // Zero would be read as "unknown".
        duration: Math.max(1, Math.round((span.endMs - span.startMs) * MICROSECONDS)),
        localEndpoint: {
          serviceName,
          ...(span.localAddress !== '' && { [span.localAddress.includes(':') ? 'ipv6' : 'ipv4']: span.localAddress }),
          port: span.localPort,
        },
        tags: Object.fromEntries(span.tags),
      })),
    ),
  )
}
