/** google.protobuf.Duration as milliseconds, the unit of every timer here. */
import type { Duration } from '../gen/google/protobuf/duration.ts'

/** undefined stays undefined: a field that is not set mostly means something else than zero. */
export function durationMs(duration: Duration): number
export function durationMs(duration: Duration | undefined): number | undefined
export function durationMs(duration: Duration | undefined): number | undefined {
  return duration && duration.seconds * 1000 + duration.nanos / 1e6
}
