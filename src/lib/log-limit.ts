/** A few lines a second, and then how many there were more: somebody who tries doors all night fills no disk. */
import type { Clock } from './clock.ts'

const LINES_PER_SECOND = 5

/** @param more says how many were left out @returns writes a line, or counts it */
export function logLimit(
  write: (line: string) => void,
  more: (count: number) => string,
  clock: Pick<Clock, 'now'>,
): (line: () => string) => void {
  let second = 0
  let lines = 0
  let untold = 0
  return line => {
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) {
      if (untold > 0) write(more(untold))
      second = now
      lines = 0
      untold = 0
    }
    if (++lines > LINES_PER_SECOND) untold++
    else write(line())
  }
}
