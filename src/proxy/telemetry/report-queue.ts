/**
 * What is on its way to a collector: gathered, sent some at a time, never more kept than there is room for. What finds no room, or can't be sent, is
 * counted and forgotten: a collector that is away costs the traffic nothing.
 */
import type { Clock } from '../../lib/clock.ts'

/** @param done is called once: undefined, or why they are lost */
export type SendItems<Item> = (items: readonly Item[], done: (error: string | undefined) => void) => void

/** Told of what becomes of items. */
export interface QueueObserver {
  sent(items: number): void
  /** A report did not arrive. */
  lost(items: number, reason: string): void
  /** There was no room for one. */
  refused(): void
  /** A report goes out because it has waited long enough. */
  flushed(): void
}

/** Items that wait while others are under way. */
const ROOM = 2048
/** Items of one report. */
const MOST_AT_ONCE = 256
/** How long an item waits for others. */
const GATHER_MS = 1000

export class ReportQueue<Item> {
  readonly #send: SendItems<Item>
  readonly #observer: QueueObserver
  readonly #clock: Clock
  readonly #gatherMs: number
  #waiting: Item[] = []
  #sending = false
  #cancelTimer: (() => void) | undefined
  #idle: (() => void)[] = []

  constructor(send: SendItems<Item>, observer: QueueObserver, clock: Clock, gatherMs: number = GATHER_MS) {
    this.#send = send
    this.#observer = observer
    this.#clock = clock
    this.#gatherMs = gatherMs
  }

  add(item: Item): void {
    if (this.#waiting.length >= ROOM) {
      this.#observer.refused()
      return
    }
    this.#waiting.push(item)
    if (this.#sending) return
    if (this.#waiting.length >= MOST_AT_ONCE) this.#sendSome()
    else this.#gather()
  }

  /** Sends what there is; resolves when that has been tried. */
  flush(): Promise<void> {
    if (!this.#sending && this.#waiting.length === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#idle.push(resolve)
      if (!this.#sending) this.#sendSome()
    })
  }

  #gather(): void {
    this.#cancelTimer ??= this.#clock.after(this.#gatherMs, () => {
      this.#observer.flushed()
      this.#sendSome()
    })
  }

  #sendSome(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const items = this.#waiting.splice(0, MOST_AT_ONCE)
    this.#sending = true
    this.#send(items, error => {
      this.#sending = false
      if (error === undefined) this.#observer.sent(items.length)
      else this.#observer.lost(items.length, error)
      this.#goOn()
    })
  }

  #goOn(): void {
    if (this.#idle.length > 0 && this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
    else if (this.#idle.length > 0 || this.#waiting.length >= MOST_AT_ONCE) this.#sendSome()
    else if (this.#waiting.length > 0) this.#gather()
  }
}
