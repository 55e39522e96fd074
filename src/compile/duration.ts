/** Lengths of time in objects as milliseconds. */
import { parseDuration } from '../lib/duration.ts'

/** undefined: absent (or unreadable, which validation has kept out). */
export function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text)
}
