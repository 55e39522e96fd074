/**
 * The time limits of one request: no byte moving, the request coming in, the life of the whole stream. Made only where one is set.
 */
import { Timer, type TimerOwner } from '../../lib/timer-wheel.ts'
import { FAILURES, type Failure } from './failure.ts'
import type { ManagerServices } from './services.ts'

/** Whose time is limited. */
export interface TimedStream {
  /** The request has come in whole. */
  readonly ended: boolean
  fail(failure: Failure): void
}

export class StreamTimers implements TimerOwner {
  readonly #stream: TimedStream
  readonly #services: ManagerServices
  #idle: Timer | undefined
  #idleMs = 0
  #lastMove = performance.now()
  #request: Timer | undefined
  #duration: Timer | undefined

  constructor(stream: TimedStream, services: ManagerServices) {
    this.#stream = stream
    this.#services = services
  }

  /** Milliseconds; 0: no limit. Replaces what was set before. */
  limitIdle(ms: number): void {
    this.#idleMs = ms
    this.#idle = this.#set(this.#idle, 'idle', ms)
  }

  limitRequest(ms: number): void {
    this.#request = this.#set(this.#request, 'request', ms)
  }

  limitDuration(ms: number): void {
    this.#duration = this.#set(this.#duration, 'duration', ms)
  }

  /** A byte moved. The idle timer is not moved for it: it looks here when it fires. */
  moved(): void {
    this.#lastMove = performance.now()
  }

  requestEnded(): void {
    this.limitRequest(0)
  }

  stop(): void {
    this.limitIdle(0)
    this.limitRequest(0)
    this.limitDuration(0)
  }

  onTimer(timer: Timer): void {
    const { stats, timers } = this.#services
    if (timer === this.#request) {
      stats.downstream_rq_timeout++
      this.#stream.fail(FAILURES.requestTimeout)
    } else if (timer === this.#duration) {
      stats.downstream_rq_max_duration_reached++
      this.#stream.fail(this.#blamed(FAILURES.maxStreamDuration))
    } else {
      const left = this.#lastMove + this.#idleMs - performance.now()
      if (left > 1) timers.start(timer, left)
      else {
        stats.downstream_rq_idle_timeout++
        this.#stream.fail(this.#blamed(FAILURES.streamIdle))
      }
    }
  }

  /** Whose time it was: the client's as long as its request is not complete (408), the upstream's afterwards (504). */
  #blamed(failure: Failure): Failure {
    return this.#stream.ended ? { ...failure, status: 504, culprit: 'upstream' } : failure
  }

  #set(timer: Timer | undefined, kind: string, ms: number): Timer | undefined {
    if (ms <= 0) {
      if (timer !== undefined) this.#services.timers.stop(timer)
      return undefined
    }
    const started = timer ?? new Timer(this, kind)
    this.#services.timers.start(started, ms)
    return started
  }
}
