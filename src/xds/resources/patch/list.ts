/** What patches do to lists in which the order matters: filters and routes. Removals and merges of single entries are their owners' work. */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'

export interface ListPatch<T> {
  readonly patch: EnvoyPatch
  /** The patch's own entry. */
  readonly value: () => T
  /** Which entry is meant; undefined: the patch names none. */
  readonly meant: ((entry: T) => boolean) | undefined
  /** Where an entry goes that says nothing of its place. @default the end */
  readonly end?: (list: readonly T[]) => number
  /** Whether the first place is taken only when the entry that is meant is there. */
  readonly firstOnlyIfMeant?: boolean
}

/** @returns the list with the patch, or the list itself where the patch does nothing to it */
export function patchList<T>(list: readonly T[], { patch, value, meant, end, firstOnlyIfMeant }: ListPatch<T>): readonly T[] {
  const at = meant ? list.findIndex(meant) : -1
  const last = end ? end(list) : list.length
  switch (patch.operation) {
    case 'add':
      return list.toSpliced(last, 0, value())
    case 'insert-first':
      return firstOnlyIfMeant && meant && at < 0 ? list : [value(), ...list]
    case 'insert-before':
      if (!meant) return [value(), ...list]
      return at < 0 ? list : list.toSpliced(at, 0, value())
    case 'insert-after':
      if (!meant) return list.toSpliced(last, 0, value())
      return at < 0 ? list : list.toSpliced(at + 1, 0, value())
    case 'replace':
      return at < 0 ? list : list.with(at, value())
    case 'remove':
      return meant && at >= 0 ? list.filter(entry => !meant(entry)) : list
    case 'merge':
    case 'merge-lists':
      return list
  }
}
