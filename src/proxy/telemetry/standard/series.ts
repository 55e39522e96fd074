/**
 * All series of the standard metrics of a process. A set of label values has one entry with all metrics of its kind; how many entries there may be is
 * limited, and what would be above the limit is counted in one entry that says so: a client that makes up header values, or a mesh with very many
 * peers, must not fill the memory.
 */
import { BucketHistogram } from './bucket-histogram.ts'

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
}

export class ConnectionSeries {
  readonly labels: string
  opened = 0
  closed = 0
  sentBytes = 0
  receivedBytes = 0

  constructor(labels: string) {
    this.labels = labels
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
