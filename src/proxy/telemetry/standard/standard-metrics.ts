/**
 * Istio's standard metrics, counted natively: every request and connection over a listener that says which way it leads. Names, labels and buckets are
 * Istio's, changed by what the listener's configuration says of them (metrics-plan.ts).
 */
import type { DecisionRecord } from '../decision-record.ts'
import type { Peer } from '../peer.ts'
import { ChangedConnection, type ConnectionCounts } from './connection-counts.ts'
import { labelText } from './label-text.ts'
import { labelPairs, relationOf } from './labels.ts'
import type { MetricsGroup, MetricsPlan } from './metrics-plan.ts'
import { renderStandardMetrics } from './render.ts'
import { RequestFinder, valuesOf } from './request-finder.ts'
import { ConnectionSeries, RequestSeries, SeriesTable } from './series.ts'

export class StandardMetrics {
  readonly requests: SeriesTable<RequestSeries>
  readonly connections: SeriesTable<ConnectionSeries>
  readonly #own: Peer
  readonly #plain: RequestFinder
  readonly #changed = new WeakMap<MetricsGroup, RequestFinder>()

  /** @param own this proxy's workload @param warn one line for operators */
  constructor(own: Peer, warn: (line: string) => void) {
    this.#own = own
    const full = (what: string) => () =>
      warn(`there are more label sets of ${what} than are kept apart: further ones count as mizzen_overflow="true"`)
    this.requests = new SeriesTable(labels => new RequestSeries(labels), full('requests'))
    this.connections = new SeriesTable(labels => new ConnectionSeries(labels), full('connections'))
    this.#plain = new RequestFinder(this.requests, own, undefined)
  }

  /** A request is over. @param plan what is changed; undefined: nothing */
  requestOver(record: DecisionRecord, plan: MetricsPlan | undefined): void {
    const { request, side } = record
    if (side === 'unspecified' || request === undefined) return
    if (plan === undefined) this.#plain.find(record).count(record)
    else for (const group of plan.groups) this.#finder(group).find(record).countSome(record, group.metrics)
  }

  /** @param flags Envoy's; '' while it is open @param plan what is changed; undefined: nothing */
  connection(record: DecisionRecord, flags: string, plan: MetricsPlan | undefined): ConnectionCounts | undefined {
    if (record.side === 'unspecified') return undefined
    if (plan === undefined) return this.connections.get(this.#connectionLabels(record, flags, undefined))
    return new ChangedConnection(
      plan.groups.map(group => [this.connections.get(this.#connectionLabels(record, flags, group)), group.metrics]),
    )
  }

  render(): string {
    return renderStandardMetrics(this)
  }

  #finder(group: MetricsGroup): RequestFinder {
    let finder = this.#changed.get(group)
    if (finder === undefined) {
      finder = new RequestFinder(this.requests, this.#own, group)
      this.#changed.set(group, finder)
    }
    return finder
  }

  #connectionLabels(record: DecisionRecord, flags: string, group: MetricsGroup | undefined): string {
    const pairs = labelPairs(relationOf(record, this.#own), 'tcp')
    pairs.set('response_flags', flags || '-')
    return labelText(pairs, group, group && valuesOf(group, record))
  }
}
