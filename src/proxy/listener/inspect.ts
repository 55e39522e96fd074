/**
 * Waits for the first bytes of a connection until its listener filters have seen enough, or their time is over.
 */
import type { Socket } from 'node:net'
import { Timer, type TimerOwner, type TimerWheel } from '../../lib/timer-wheel.ts'
import { type Inspection, MOST_INSPECTED } from './inspection.ts'
import type { ListenerStats } from './listener-stats.ts'
import { type Peek, peek } from './peek.ts'

export type InspectionOutcome = 'done' | 'timeout' | 'closed'

export function inspect(
  socket: Socket,
  inspection: Inspection,
  timeoutMs: number,
  timers: TimerWheel,
  stats: ListenerStats,
  done: (outcome: InspectionOutcome) => void,
): void {
  new Waiting(timers, stats, done).start(socket, inspection, timeoutMs)
}

class Waiting implements TimerOwner {
  readonly #timers: TimerWheel
  readonly #stats: ListenerStats
  readonly #done: (outcome: InspectionOutcome) => void
  readonly #timer = new Timer(this, 'inspection')
  #peek: Peek | undefined

  constructor(timers: TimerWheel, stats: ListenerStats, done: (outcome: InspectionOutcome) => void) {
    this.#timers = timers
    this.#stats = stats
    this.#done = done
  }

  start(socket: Socket, inspection: Inspection, timeoutMs: number): void {
    this.#stats.downstream_pre_cx_active++
    if (timeoutMs > 0) this.#timers.start(this.#timer, timeoutMs)
    const ignore = () => {}
    // Errors of the socket end in 'close', which `peek` reports; without a listener they would end the process.
    socket.on('error', ignore)
    this.#peek = peek(socket, MOST_INSPECTED, inspection.look, bytes => {
      if (bytes === undefined) this.#stats.downstream_listener_filter_remote_close++
      this.#end(bytes === undefined ? 'closed' : 'done')
    })
  }

  onTimer(): void {
    this.#peek?.stop()
    this.#stats.downstream_pre_cx_timeout++
    this.#end('timeout')
  }

  #end(outcome: InspectionOutcome): void {
    this.#timers.stop(this.#timer)
    this.#stats.downstream_pre_cx_active--
    this.#done(outcome)
  }
}
