/**
 * Spans of a connection of bytes: one for each request that the application says it uses the connection for, from its first write until the last byte that
 * moved before another request took over, or before nothing moved for a while. Bytes of requests that use it at the same time cannot be told apart:
 * they belong to the one that wrote last.
 */
import { randomId } from '../../lib/trace/ids.ts'
import { wallClock } from '../../lib/wall-clock.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'
import { serviceHost } from '../telemetry/standard/labels.ts'
import type { ConnectionNote } from '../tracing/connection-notes.ts'
import type { SpanSink } from '../tracing/span.ts'

/** Nothing has moved for so long: the request is done with the connection. */
const QUIET_MS = 1000

export class ConnectionSpans {
  readonly #record: DecisionRecord
  readonly #sink: SpanSink
  #note: ConnectionNote | undefined
  #lastMove = 0
  #received = 0
  #sent = 0
  #timer: NodeJS.Timeout | undefined

  constructor(record: DecisionRecord, sink: SpanSink) {
    this.#record = record
    this.#sink = sink
  }

  begin(note: ConnectionNote): void {
    const before = this.#note
    // Each write of one request is told of at most once, but its notes may come late.
    if (before !== undefined && before.parentSpanId === note.parentSpanId && before.traceId === note.traceId) return
    this.end('')
    this.#note = note
    this.#lastMove = performance.now()
    this.#received = this.#record.bytesReceived
    this.#sent = this.#record.bytesSent
    this.#wait(QUIET_MS)
  }

  moved(): void {
    this.#lastMove = performance.now()
  }

  /** @param flags why the connection ended; "": it goes on */
  end(flags: string): void {
    const note = this.#note
    clearTimeout(this.#timer)
    this.#note = undefined
    if (note === undefined || !note.sampled) return
    const { host, cluster, connection, bytesReceived, bytesSent, transportFailure } = this.#record
    const { localAddress, localPort } = connection.facts
    this.#sink.report({
      traceId: note.traceId,
      spanId: randomId(8),
      parentSpanId: note.parentSpanId,
      traceState: '',
      name: `${(cluster && serviceHost(cluster)) ?? cluster?.name ?? ''} tcp`.trim(),
      kind: 'client',
      startMs: note.at,
      endMs: Math.max(note.at, wallClock(this.#lastMove)),
      tags: new Map([
        ['component', 'proxy'],
        ['network.protocol', 'tcp'],
        ['upstream_cluster', cluster?.name ?? ''],
        ['peer.address', host?.address ?? ''],
        ['request_size', String(bytesReceived - this.#received)],
        ['response_size', String(bytesSent - this.#sent)],
        ['response_flags', flags || '-'],
        ...(transportFailure === '' ? [] : [['error.message', transportFailure] as const]),
      ]),
      failed: flags !== '',
      localAddress,
      localPort,
    })
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#lastMove + QUIET_MS - performance.now()
      if (left > 1) this.#wait(left)
      else this.end('')
    }, ms).unref()
  }
}
