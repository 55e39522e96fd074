/** Denials in the process's log: a line each, as long as they are few. Somebody who tries doors all night fills no disk. */
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../context.ts'
import { type Denial, denialText } from './denials.ts'

/** Lines a second; what is more is counted, and kept all the same. */
const LINES_PER_SECOND = 5

export function denialLog(log: Log, clock: Pick<Clock, 'now'>): (denial: Denial) => void {
  let second = 0
  let lines = 0
  let untold = 0
  return denial => {
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) {
      if (untold > 0) log('warning', 'denied', `${untold} more; the last ones are at /denials of the admin endpoint`)
      second = now
      lines = 0
      untold = 0
    }
    if (++lines > LINES_PER_SECOND) untold++
    else log('warning', 'denied', denialText(denial))
  }
}
