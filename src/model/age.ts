/** Who wins when several objects claim the same thing: the oldest, then name, then namespace (Istio's rule for all its kinds). */

export interface Aged {
  readonly name: string
  readonly namespace: string
  /** RFC 3339 time of creation; "" for objects from files, which therefore count as equally old. */
  readonly created: string
}

/** Array.sort() order, oldest first. An object without a time is older than all with one. */
export function compareAge(a: Aged, b: Aged): number {
  return compareTimes(a.created, b.created) || compareNames(a, b)
}

/** As "name.namespace"; mostly the names alone decide, without a text being made of both. */
function compareNames(a: Aged, b: Aged): number {
  if (a.name === b.name) return compareText(a.namespace, b.namespace)
  if (!a.name.startsWith(b.name) && !b.name.startsWith(a.name)) return compareText(a.name, b.name)
  return compareText(`${a.name}.${a.namespace}`, `${b.name}.${b.namespace}`)
}

function compareTimes(a: string, b: string): number {
  if (a === b) return 0
  return (Date.parse(a) || 0) - (Date.parse(b) || 0)
}

/** By code unit, which is the same on every machine, unlike localeCompare(). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
