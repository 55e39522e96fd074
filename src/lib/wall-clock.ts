/** Points of `performance.now()` as points in time, finer than a millisecond. */

/** Clocks are set right now and then: beyond this the process's own idea of the time is given up. */
const MOST_DRIFT_MS = 2

let origin = performance.timeOrigin

/** @returns milliseconds since the epoch, with fractions */
export function wallClock(at: number): number {
  const now = performance.now()
  const wanted = Date.now() - now
  if (Math.abs(wanted - origin) > MOST_DRIFT_MS) origin = wanted
  return origin + at
}
