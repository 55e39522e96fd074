/** Denials in the process's log: a line each, as long as they are few. What is more is counted, and kept all the same. */
import type { Clock } from '../../lib/clock.ts'
import { logLimit } from '../../lib/log-limit.ts'
import type { Log } from '../context.ts'
import { type Denial, denialText } from './denials.ts'

export function denialLog(log: Log, clock: Pick<Clock, 'now'>): (denial: Denial) => void {
  const write = logLimit(
    line => log('warning', 'denied', line),
    count => `${count} more; the last ones are at /denials of the admin endpoint`,
    clock,
  )
  return denial => write(() => denialText(denial))
}
