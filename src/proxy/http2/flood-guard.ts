/**
 * Limits on what a peer may make us do for nothing, as Envoy has them. Each counts over the life of a connection and ends it when it is
 * exceeded: no client that means well comes near.
 */

export interface InboundLimits {
  /** HEADERS, CONTINUATION and DATA without payload and without END_STREAM, one after the other. Envoy's default is 1. */
  readonly maxConsecutiveEmptyFrames: number
  /** PRIORITY frames for each stream opened, 100. */
  readonly maxPriorityFramesPerStream: number
  /** WINDOW_UPDATE frames for each DATA frame we sent, 10. */
  readonly maxWindowUpdatesPerDataFrame: number
}

/** What a connection has done so far. */
export interface Activity {
  readonly openedStreams: number
  readonly dataFramesSent: number
}

/** Streams a peer may reset before it is looked at how many of all they are. Envoy's overload.premature_reset_total_stream_count. */
const RESETS_TOLERATED = 500
/** A stream that lived longer was no attempt to make us work for nothing. Milliseconds; Envoy's premature_reset_min_stream_lifetime_seconds. */
const LONG_LIFE_MS = 1000
/** CONTINUATION frames of one block. 60 KiB of fields need four; nghttp2 allows 8. */
const MOST_CONTINUATIONS = 16
/** SETTINGS frames of a peer between two streams; each makes us answer, and go through all streams. */
const MOST_SETTINGS = 100

export type Flood = 'empty frames' | 'priority' | 'window update' | 'resets' | 'continuation' | 'settings'

export class FloodGuard {
  readonly #limits: InboundLimits
  readonly #activity: Activity
  #empty = 0
  #priority = 0
  #windowUpdates = 0
  #continuations = 0
  #settings = 0
  #closed = 0
  #prematureResets = 0

  constructor(limits: InboundLimits, activity: Activity) {
    this.#limits = limits
    this.#activity = activity
  }

  /** HEADERS, CONTINUATION or DATA came. @returns what it is too much of; undefined: all is well */
  payload(length: number, endsStream: boolean): Flood | undefined {
    if (length > 0 || endsStream) {
      this.#empty = 0
      return undefined
    }
    return ++this.#empty > this.#limits.maxConsecutiveEmptyFrames ? 'empty frames' : undefined
  }

  priority(): Flood | undefined {
    const most = this.#limits.maxPriorityFramesPerStream * (1 + this.#activity.openedStreams)
    return ++this.#priority > most ? 'priority' : undefined
  }

  windowUpdate(): Flood | undefined {
    const { openedStreams, dataFramesSent } = this.#activity
    const most = 5 + 2 * (openedStreams + this.#limits.maxWindowUpdatesPerDataFrame * dataFramesSent)
    return ++this.#windowUpdates > most ? 'window update' : undefined
  }

  /** A header block begins. */
  block(): void {
    this.#continuations = 0
    this.#settings = 0
  }

  continuation(): Flood | undefined {
    return ++this.#continuations > MOST_CONTINUATIONS ? 'continuation' : undefined
  }

  settings(): Flood | undefined {
    return ++this.#settings > MOST_SETTINGS ? 'settings' : undefined
  }

  /** A stream ended properly, or by our own decision. */
  closed(): void {
    this.#closed++
  }

  /** The peer reset a stream, or made us reset it. @param ageMs since it was opened @param answered it had got its response's head */
  reset(ageMs: number, answered: boolean): Flood | undefined {
    this.#closed++
    if (answered || ageMs > LONG_LIFE_MS) return undefined
    this.#prematureResets++
    return this.#prematureResets * 2 >= Math.max(this.#closed, RESETS_TOLERATED) ? 'resets' : undefined
  }
}
