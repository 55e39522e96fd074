/**
 * Finds the series of a request. The label set is put together once for each pair of peers, status and flags, and the values of labels that somebody
 * has set; after that a request costs three look-ups.
 */
import { UNKNOWN_VALUE } from '../../../lib/metric-tags.ts'
import type { DecisionRecord } from '../decision-record.ts'
import { grpcStatusOf } from '../grpc-status.ts'
import { type Peer, peerOfConnection } from '../peer.ts'
import { labelText } from './label-text.ts'
import { isSpecial, labelPairs, relationOf } from './labels.ts'
import type { MetricsGroup } from './metrics-plan.ts'
import type { RequestSeries, SeriesTable } from './series.ts'

const NOBODY = {}

export class RequestFinder {
  readonly #table: SeriesTable<RequestSeries>
  readonly #own: Peer
  readonly #group: MetricsGroup | undefined
  /** By the other peer (host, cluster or caller), by the rest. */
  readonly #known = new WeakMap<object, WeakMap<object, Map<string | number, RequestSeries>>>()

  /** @param own this proxy's workload @param group undefined: labels are as they are */
  constructor(table: SeriesTable<RequestSeries>, own: Peer, group: MetricsGroup | undefined) {
    this.#table = table
    this.#own = own
    this.#group = group
  }

  find(record: DecisionRecord): RequestSeries {
    const far: object = record.side === 'inbound' ? peerOfConnection(record.connection) : (record.host?.metadata ?? NOBODY)
    const near: object = record.cluster === undefined || isSpecial(record.cluster) ? NOBODY : record.cluster
    const values = this.#group === undefined || this.#group.set.length === 0 ? undefined : valuesOf(this.#group, record)
    // Hosts that the client names have no end: their label sets are looked up by text, which the table limits.
    if (near === NOBODY) return this.#table.get(this.#labelsOf(record, values))
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
    const key = values === undefined ? keyOf(record) : `${keyOf(record)}\n${values.join('\n')}`
    let series = byOutcome.get(key)
    if (series === undefined) {
      series = this.#table.get(this.#labelsOf(record, values))
      if (!this.#table.full) byOutcome.set(key, series)
    }
    return series
  }

  #labelsOf(record: DecisionRecord, values: readonly string[] | undefined): string {
    const grpc = isGrpc(record)
    const pairs = labelPairs(relationOf(record, this.#own), grpc ? 'grpc' : 'http')
    pairs.set('response_code', String(record.status))
    pairs.set('grpc_response_status', grpc ? String(grpcStatusOf(record) ?? '') : '')
    pairs.set('response_flags', record.flags || '-')
    return labelText(pairs, this.#group, values)
  }
}

/** A client may choose them: no longer than this. */
const LONGEST_VALUE = 256

export function valuesOf({ set }: MetricsGroup, record: DecisionRecord): string[] {
  return set.map(({ value }) => value(record)?.slice(0, LONGEST_VALUE) ?? UNKNOWN_VALUE)
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
