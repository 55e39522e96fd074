/**
 * Istio's standard metrics, counted natively: every request and connection over a listener that says which way it leads. Names, labels and buckets are
 * Istio's. The label set is put together once for each pair of peers, status and flags; after that a request costs three look-ups.
 */

import type { DecisionRecord } from '../decision-record.ts'
import { grpcStatusOf } from '../grpc-status.ts'
import { type Peer, peerOfConnection } from '../peer.ts'
import { isSpecial, labelPairs, relationOf } from './labels.ts'
import { renderStandardMetrics } from './render.ts'
import { ConnectionSeries, RequestSeries, SeriesTable } from './series.ts'

const NOBODY = {}

export class StandardMetrics {
  readonly requests: SeriesTable<RequestSeries>
  readonly connections: SeriesTable<ConnectionSeries>
  readonly #own: Peer
  /** By the other peer (host, cluster or caller), by the rest. */
  #known = new WeakMap<object, WeakMap<object, Map<string | number, RequestSeries>>>()

  /** @param own this proxy's workload @param warn one line for operators */
  constructor(own: Peer, warn: (line: string) => void) {
    this.#own = own
    const full = (what: string) => () =>
      warn(`there are more label sets of ${what} than are kept apart: further ones count as mizzen_overflow="true"`)
    this.requests = new SeriesTable(labels => new RequestSeries(labels), full('requests'))
    this.connections = new SeriesTable(labels => new ConnectionSeries(labels), full('connections'))
  }

  /** A request is over. */
  requestOver(record: DecisionRecord): void {
    const { request, side } = record
    if (side === 'unspecified' || request === undefined) return
    const series = this.#seriesOf(record)
    series.requests++
    series.durationMs.record(record.endedAt - record.startedAt)
    series.requestBytes.record(record.bytesReceived + request.headers.byteLength)
    series.responseBytes.record(record.bytesSent + (record.responseHeaders?.byteLength ?? 0))
    series.requestMessages += record.requestMessages
    series.responseMessages += record.responseMessages
  }

  /** @param flags Envoy's; '' while it is open */
  connection(record: DecisionRecord, flags: string): ConnectionSeries | undefined {
    if (record.side === 'unspecified') return undefined
    const pairs = labelPairs(relationOf(record, this.#own), 'tcp')
    pairs.set('response_flags', flags || '-')
    return this.connections.get(textOf(pairs))
  }

  render(): string {
    return renderStandardMetrics(this)
  }

  #seriesOf(record: DecisionRecord): RequestSeries {
    const far: object = record.side === 'inbound' ? peerOfConnection(record.connection) : (record.host?.metadata ?? NOBODY)
    const near: object = record.cluster === undefined || isSpecial(record.cluster) ? NOBODY : record.cluster
    // Hosts that the client names have no end: their label sets are looked up by text, which the table limits.
    if (near === NOBODY) return this.requests.get(this.#labelsOf(record))
    let byNear = this.#known.get(far)
    if (byNear === undefined) {
      byNear = new WeakMap()
      this.#known.set(far, byNear)
    }
    let byOutcome = byNear.get(near)
    if (byOutcome === undefined) {
      byOutcome = new Map()
      byNear.set(near, byOutcome)
    }
    const key = keyOf(record)
    let series = byOutcome.get(key)
    if (series === undefined) {
      series = this.requests.get(this.#labelsOf(record))
      if (!this.requests.full) byOutcome.set(key, series)
    }
    return series
  }

  #labelsOf(record: DecisionRecord): string {
    const grpc = isGrpc(record)
    const pairs = labelPairs(relationOf(record, this.#own), grpc ? 'grpc' : 'http')
    pairs.set('response_code', String(record.status))
    pairs.set('grpc_response_status', grpc ? String(grpcStatusOf(record) ?? '') : '')
    pairs.set('response_flags', record.flags || '-')
    return textOf(pairs)
  }
}

/** What tells requests between the same peers apart; mostly the status alone. */
function keyOf(record: DecisionRecord): string | number {
  const { status, flags, host, connection, side } = record
  const principal = side === 'inbound' ? connection.peer !== undefined : host?.principals !== undefined
  const plain = principal ? status + 1000 : status
  if (!isGrpc(record)) return flags === '' ? plain : `${plain} ${flags}`
  return `${plain} ${flags} ${grpcStatusOf(record) ?? ''} grpc`
}

function isGrpc({ request }: DecisionRecord): boolean {
  return request?.headers.get('content-type')?.startsWith('application/grpc') ?? false
}

function textOf(pairs: ReadonlyMap<string, string>): string {
  let text = ''
  for (const [name, value] of pairs) text += `${text === '' ? '' : ','}${name}="${escaped(value)}"`
  return text
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`)) : value
}
