/**
 * The requests of the recent past, for whoever asks afterwards: a ring of failed ones and a ring of all others, and those who watch as they
 * end (`/tap`). Under load, and with nobody reading, only some are kept: that much is free, all of them is not.
 */
import type { DecisionRecord } from './decision-record.ts'
import { hasFailed, type Story, tellStory } from './story.ts'
import type { StoryFilter } from './story-filter.ts'

/** Stories that are kept of each sort; the oldest makes room. */
const KEPT = 256
/** For so many milliseconds after somebody has read, every request is kept. */
const ATTENTION_MS = 10_000
/** Otherwise this many a second, and at most this many at once. */
const RATE = 20
const BURST = 64

/** Somebody who watches. */
export interface Tap {
  readonly filter: StoryFilter
  /** Called for each matching request, when it is over. */
  told(story: Story): void
  /** false: would rather not hear this one; it is counted. */
  ready(): boolean
}

export interface Listing {
  /** To be asked for next: `since`. */
  readonly next: number
  /** Requests that were not kept since the process started. */
  readonly skipped: number
  /** Oldest first. */
  readonly requests: readonly Story[]
}

export class Recorder {
  readonly #recent = new Ring()
  readonly #failed = new Ring()
  readonly #taps = new Set<Tap>()
  #seq: number
  #skipped = 0
  #attentionUntil = 0
  #tokens = BURST
  #failedTokens = BURST
  #filledAt = 0

  /** @param startedAt of the process, milliseconds since the epoch: numbers of stories grow over restarts */
  constructor(startedAt: number) {
    this.#seq = startedAt * 1000
  }

  /** A request or connection is over. */
  over(record: DecisionRecord): void {
    const failed = hasFailed(record)
    const wanted = this.#isWanted(record.endedAt, failed)
    if (!wanted && this.#taps.size === 0) {
      this.#skipped++
      return
    }
    let story: Story | undefined
    if (wanted) {
      story = tellStory(record, ++this.#seq)
      ;(failed ? this.#failed : this.#recent).add(story)
    } else this.#skipped++
    for (const tap of this.#taps) {
      if (!tap.filter(record, failed) || !tap.ready()) continue
      story ??= tellStory(record, ++this.#seq)
      tap.told(story)
    }
  }

  /** What is kept. @param since only stories with a greater number */
  list(since: number, filter: (story: Story) => boolean = () => true): Listing {
    this.#attentionUntil = performance.now() + ATTENTION_MS
    const requests = [...this.#recent.after(since), ...this.#failed.after(since)].filter(filter)
    return { next: this.#seq, skipped: this.#skipped, requests: requests.sort((a, b) => a.seq - b.seq) }
  }

  /** @returns ends it */
  tap(tap: Tap): () => void {
    this.#taps.add(tap)
    return () => this.#taps.delete(tap)
  }

  #isWanted(now: number, failed: boolean): boolean {
    if (now < this.#attentionUntil) return true
    const since = now - this.#filledAt
    if (since > 50) {
      this.#filledAt = now
      const more = (since * RATE) / 1000
      this.#tokens = Math.min(BURST, this.#tokens + more)
      this.#failedTokens = Math.min(BURST, this.#failedTokens + more)
    }
    if (failed) {
      if (this.#failedTokens < 1) return false
      this.#failedTokens--
      return true
    }
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

class Ring {
  readonly #stories: Story[] = []
  #next = 0

  add(story: Story): void {
    this.#stories[this.#next] = story
    this.#next = (this.#next + 1) % KEPT
  }

  after(since: number): Story[] {
    return this.#stories.filter(story => story.seq > since)
  }
}
