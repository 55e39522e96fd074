/**
 * All series of the standard metrics of a process. A set of label values has one entry with all metrics of its kind; how many entries there may be is
 * limited, and what would be above the limit is counted in one entry that says so: a client that makes up header values, or a mesh with very many
 * peers, must not fill the memory.
 */
import type { DecisionRecord } from '../decision-record.ts'
import { BucketHistogram } from './bucket-histogram.ts'
import type { ConnectionCounts } from './connection-counts.ts'

/** Entries for requests, and as many for connections. */
export const MOST_ENTRIES = 2000
const OVERFLOW = 'mizzen_overflow="true"'

export class RequestSeries {
  readonly labels: string
  requests = 0
  readonly durationMs = new BucketHistogram()
  readonly requestBytes = new BucketHistogram()
  readonly responseBytes = new BucketHistogram()
  requestMessages = 0
  responseMessages = 0

  constructor(labels: string) {
    this.labels = labels
  }

  /** A request is over: all its metrics. */
  count(record: DecisionRecord): void {
    this.requests++
    this.durationMs.record(record.endedAt - record.startedAt)
    this.requestBytes.record(requestSize(record))
    this.responseBytes.record(responseSize(record))
    this.requestMessages += record.requestMessages
    this.responseMessages += record.responseMessages
  }

  /** @param metrics those that count here */
  countSome(record: DecisionRecord, metrics: ReadonlySet<string>): void {
    if (metrics.has('istio_requests_total')) this.requests++
    if (metrics.has('istio_request_duration_milliseconds')) this.durationMs.record(record.endedAt - record.startedAt)
    if (metrics.has('istio_request_bytes')) this.requestBytes.record(requestSize(record))
    if (metrics.has('istio_response_bytes')) this.responseBytes.record(responseSize(record))
    if (metrics.has('istio_request_messages_total')) this.requestMessages += record.requestMessages
    if (metrics.has('istio_response_messages_total')) this.responseMessages += record.responseMessages
  }
}

function requestSize({ bytesReceived, request }: DecisionRecord): number {
  return bytesReceived + (request?.headers.byteLength ?? 0)
}

function responseSize({ bytesSent, responseHeaders }: DecisionRecord): number {
  return bytesSent + (responseHeaders?.byteLength ?? 0)
}

export class ConnectionSeries implements ConnectionCounts {
  readonly labels: string
  opened = 0
  closed = 0
  sentBytes = 0
  receivedBytes = 0

  constructor(labels: string) {
    this.labels = labels
  }

  open(): void {
    this.opened++
  }

  close(): void {
    this.closed++
  }

  sent(bytes: number): void {
    this.sentBytes += bytes
  }

  received(bytes: number): void {
    this.receivedBytes += bytes
  }
}

/** `labels`: as in the exposition format, without braces. */
export class SeriesTable<Entry extends { readonly labels: string }> {
  readonly #make: (labels: string) => Entry
  readonly #onFull: () => void
  readonly #entries = new Map<string, Entry>()
  #overflow: Entry | undefined
  /** Requests or connections that were counted in the overflow entry. */
  overflowed = 0

  /** @param onFull called when the limit is met for the first time */
  constructor(make: (labels: string) => Entry, onFull: () => void) {
    this.#make = make
    this.#onFull = onFull
  }

  get(labels: string): Entry {
    const known = this.#entries.get(labels)
    if (known !== undefined) return known
    if (this.#entries.size < MOST_ENTRIES) {
      const entry = this.#make(labels)
      this.#entries.set(labels, entry)
      return entry
    }
    if (this.#overflow === undefined) {
      this.#overflow = this.#make(OVERFLOW)
      this.#onFull()
    }
    this.overflowed++
    return this.#overflow
  }

  get full(): boolean {
    return this.#overflow !== undefined
  }

  *[Symbol.iterator](): Iterator<Entry> {
    yield* this.#entries.values()
    if (this.#overflow !== undefined) yield this.#overflow
  }
}
