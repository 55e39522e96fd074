/**
 * Many coarse timeouts for the price of one timer: starting and stopping is a few assignments, with no closure and no system timer each.
 *
 * Accuracy: a timer never fires early, and late by at most one tick (8 ms) plus what the event loop is behind. Two rings: ticks of 8 ms
 * for the second at hand, and ticks of a second for everything later; nothing wakes up while nothing is due.
 */

/** Hears of its own timers; `timer.kind` tells several apart. */
export interface TimerOwner {
  onTimer(timer: Timer): void
}

/** One timeout, to be started and stopped as often as its owner likes. It is off until started. */
export class Timer {
  readonly owner: TimerOwner
  readonly kind: string
  /** The fine tick it is due at; 0 while it is off. */
  due = 0
  next: Timer | undefined
  previous: Timer | undefined

  constructor(owner: TimerOwner, kind: string) {
    this.owner = owner
    this.kind = kind
  }

  get active(): boolean {
    return this.due !== 0
  }
}

/** Where the wheel's time and wake-ups come from; tests bring their own. */
export interface WheelClock {
  /** Milliseconds, never running backwards. */
  now(): number
  /** Calls `wheel.advance()` after so many milliseconds; a later call replaces an earlier one. */
  wake(ms: number, wheel: TimerWheel): void
}

const TICK_MS = 8
const FINE = 128
const COARSE = 64

export class TimerWheel {
  readonly #clock: WheelClock
  /** Heads of circular lists: slot i holds what is due at a tick with that remainder. */
  readonly #fine = heads(FINE)
  readonly #coarse = heads(COARSE)
  /** The last tick whose timers have fired. */
  #tick: number
  #fineCount = 0
  #count = 0
  /** The tick the clock will wake us at; 0: it will not. */
  #wakeAt = 0

  constructor(clock: WheelClock) {
    this.#clock = clock
    this.#tick = Math.floor(clock.now() / TICK_MS)
  }

  /** Timers under way. */
  get size(): number {
    return this.#count
  }

  /** Starts, or starts anew. @param ms 0 or more */
  start(timer: Timer, ms: number): void {
    if (timer.due !== 0) this.stop(timer)
    const now = this.#clock.now()
    // Nothing was due while the wheel was empty: it need not walk through the time that passed.
    if (this.#count === 0) this.#tick = Math.floor(now / TICK_MS)
    timer.due = Math.max(Math.ceil((now + ms) / TICK_MS), this.#tick + 1)
    this.#count++
    this.#place(timer)
    this.#arm(now)
  }

  stop(timer: Timer): void {
    if (timer.due === 0) return
    if (this.#isFine(timer.due)) this.#fineCount--
    timer.due = 0
    this.#count--
    unlink(timer)
  }

  /** Fires what is due. The clock calls it. */
  advance(): void {
    this.#wakeAt = 0
    const now = this.#clock.now()
    const target = Math.floor(now / TICK_MS)
    while (this.#tick < target && this.#count > 0) {
      // Skip to the end of this second when nothing is left in it.
      const boundary = this.#tick - (this.#tick % FINE) + FINE
      const tick = this.#fineCount === 0 ? Math.min(boundary, target) : this.#tick + 1
      this.#tick = tick
      if (tick % FINE === 0) this.#cascade(tick)
      const head = this.#fine[tick % FINE]
      for (let timer = head?.next; timer !== undefined && timer !== head; timer = head?.next) {
        this.#fineCount--
        this.#count--
        timer.due = 0
        unlink(timer)
        timer.owner.onTimer(timer)
      }
    }
    this.#arm(now)
  }

  /** Timers of the second that begins at `tick` move from the coarse ring into the fine one; later rounds stay. */
  #cascade(tick: number): void {
    const head = this.#coarse[(tick / FINE) % COARSE]
    let timer = head?.next
    while (timer !== undefined && timer !== head) {
      const next = timer.next
      if (this.#isFine(timer.due)) {
        unlink(timer)
        this.#place(timer)
      }
      timer = next
    }
  }

  /** Whether a tick lies in the second at hand. */
  #isFine(due: number): boolean {
    return due - (due % FINE) <= this.#tick
  }

  #place(timer: Timer): void {
    const fine = this.#isFine(timer.due)
    if (fine) this.#fineCount++
    const head = fine ? this.#fine[timer.due % FINE] : this.#coarse[Math.floor(timer.due / FINE) % COARSE]
    if (head === undefined) return
    timer.previous = head.previous
    timer.next = head
    if (head.previous) head.previous.next = timer
    head.previous = timer
  }

  #arm(now: number): void {
    if (this.#count === 0) return
    const boundary = this.#tick - (this.#tick % FINE) + FINE
    let at = boundary
    if (this.#fineCount > 0) {
      for (let tick = this.#tick + 1; tick < boundary; tick++) {
        const head = this.#fine[tick % FINE]
        if (head?.next === head) continue
        at = tick
        break
      }
    }
    if (this.#wakeAt !== 0 && this.#wakeAt <= at) return
    this.#wakeAt = at
    this.#clock.wake(Math.max(0, Math.ceil(at * TICK_MS - now)), this)
  }
}

/** The wheel of a process: real time, and a timer that does not keep the process alive by itself. */
export function systemTimerWheel(): TimerWheel {
  let handle: NodeJS.Timeout | undefined
  return new TimerWheel({
    now: () => performance.now(),
    wake(ms, wheel) {
      clearTimeout(handle)
      handle = setTimeout(() => wheel.advance(), ms)
      handle.unref()
    },
  })
}

const NOBODY: TimerOwner = { onTimer() {} }

function heads(count: number): Timer[] {
  return Array.from({ length: count }, () => {
    const head = new Timer(NOBODY, 'head')
    head.next = head
    head.previous = head
    return head
  })
}

function unlink(timer: Timer): void {
  if (timer.previous) timer.previous.next = timer.next
  if (timer.next) timer.next.previous = timer.previous
  timer.next = undefined
  timer.previous = undefined
}
