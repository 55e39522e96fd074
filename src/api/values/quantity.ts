/** Checks of amounts: durations, percentages, counts, HTTP statuses. A check returns what is wrong, or undefined. */
import { parseDuration } from '../../lib/duration.ts'

/** At least a millisecond, and a whole number of them (Istio's rule for nearly all durations). */
export function checkDuration(text: string): string | undefined {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined)
    return `${JSON.stringify(text)} is not a length of time: expected one such as "500ms", "5s" or "1h30m"`
  if (milliseconds < 1) return `${JSON.stringify(text)} is too short: expected at least "1ms"`
  if (!Number.isInteger(milliseconds)) return `${JSON.stringify(text)} is too fine: expected whole milliseconds`
  return undefined
}

/** A duration that may also be zero, which turns something off. */
export function checkDurationOrZero(text: string): string | undefined {
  return parseDuration(text) === 0 ? undefined : checkDuration(text)
}

/** The `value` of a Percent message: 0, or from 0.0001 to 100. */
export function checkPercentage(value: number): string | undefined {
  return value === 0 || (value >= 0.0001 && value <= 100)
    ? undefined
    : `${value} is not a percentage: expected 0, or 0.0001 to 100`
}

export function checkPercent(value: number): string | undefined {
  return value >= 0 && value <= 100 ? undefined : `${value} is not a percentage: expected 0 to 100`
}

export function checkNotNegative(value: number): string | undefined {
  return value >= 0 ? undefined : `${value} is below zero: expected 0 or more`
}

export function checkHttpStatus(status: number): string | undefined {
  return status >= 200 && status <= 600 ? undefined : `${status} is not a status to answer with: expected 200 to 600`
}
