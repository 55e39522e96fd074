/** exportTo: which namespaces an object shows itself to. Istio's values ".", "*", "~" and names become a list without ".". */

/** "*": everybody. "~": nobody. Otherwise namespaces. */
export type Visibility = readonly string[]

export const EVERYBODY: Visibility = ['*']

/** @param fallback the mesh's default, used when the object says nothing; its "." is the object's own namespace too */
export function visibility(
  exportTo: readonly string[] | undefined,
  ownNamespace: string,
  fallback: readonly string[],
): Visibility {
  const values = exportTo && exportTo.length > 0 ? exportTo : fallback
  if (values.length === 0) return EVERYBODY
  return values.map(value => (value === '.' ? ownNamespace : value))
}

export function isVisible(to: Visibility, namespace: string): boolean {
  return to.includes('*') || to.includes(namespace)
}

/** Seen by the object's own namespace and no other. */
export function isPrivate(to: Visibility, ownNamespace: string): boolean {
  return to.every(value => value === ownNamespace || value === '~')
}
