/** Lays trees of settings over one another. */
import { isRecord } from '../client/raw-object.ts'

/**
 * Maps are merged, everything else is replaced; null takes away what is there (and waits where there is nothing yet); a list with holes (from --set a[1]=x) fills only what it has.
 * Neither argument is changed.
 */
export function merge(below: unknown, above: unknown): unknown {
  if (isRecord(below) && isRecord(above)) {
    const merged: Record<string, unknown> = { ...below }
    for (const [name, value] of Object.entries(above)) {
      if (name === '__proto__') continue
      if (value === null && Object.hasOwn(merged, name)) delete merged[name]
      else merged[name] = merge(merged[name], value)
    }
    return merged
  }
  if (Array.isArray(below) && Array.isArray(above) && Object.keys(above).length < above.length)
    return Array.from({ length: Math.max(below.length, above.length) }, (_, at) =>
      at in above ? merge(below[at], above[at]) : below[at],
    )
  return above
}
