/** Lays trees of settings over one another. */
import { isRecord } from '../client/raw-object.ts'

/**
 * Maps are merged, everything else is replaced; null takes away what is there (and waits where there is nothing yet); a map of "[0]", "[1]" fills
 * these places of a list. Neither argument is changed.
 */
export function merge(below: unknown, above: unknown): unknown {
  if (!isRecord(above)) return above
  if (Array.isArray(below) && isIndexes(above)) return filled(below, above)
  if (!isRecord(below)) return above
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    if (name === '__proto__') continue
    if (value === null && Object.hasOwn(merged, name)) delete merged[name]
    else merged[name] = merge(merged[name], value)
  }
  return merged
}

/** Indexes that found no list to fill become one. */
export function withLists(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withLists)
  if (!isRecord(tree)) return tree
  if (isIndexes(tree)) return withLists(filled([], tree))
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, withLists(value)]))
}

function isIndexes(value: Record<string, unknown>): boolean {
  const names = Object.keys(value)
  return names.length > 0 && names.every(name => /^\[\d+\]$/.test(name))
}

function filled(list: readonly unknown[], items: Record<string, unknown>): unknown[] {
  const copy = [...list]
  for (const [name, value] of Object.entries(items)) {
    const index = Number(name.slice(1, -1))
    copy[index] = merge(copy[index], value)
  }
  return copy
}
