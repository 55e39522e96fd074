/** exportTo: which namespaces an object shows itself to. Istio's values ".", "*", "~" and names become a list without ".". */

import { type LabelSelector, matchesLabels } from './label-selector.ts'
import type { Labels } from './labels.ts'

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

/** How far a mesh lets a kind of object show itself, whatever it says (MeshConfig.serviceEntryVisibility). */
export type VisibilityCeiling = 'public' | 'namespace' | 'none'

/** The ceiling of each namespace: the first policy whose selectors all choose it, else the fallback. */
export interface EntryVisibilityRules {
  readonly fallback: VisibilityCeiling
  readonly policies: readonly { readonly ceiling: VisibilityCeiling; readonly selectors: readonly LabelSelector[] }[]
}

/** @param labels of the namespace, without the one that every namespace has */
export function ceilingOf(rules: EntryVisibilityRules, namespace: string, labels: Labels): VisibilityCeiling {
  const all = { 'kubernetes.io/metadata.name': namespace, ...labels }
  const policy = rules.policies.find(({ selectors }) => selectors.every(selector => matchesLabels(selector, all)))
  return policy?.ceiling ?? rules.fallback
}

/** What is left of an object's visibility under a ceiling: it narrows and never widens. */
export function underCeiling(to: Visibility, ownNamespace: string, ceiling: VisibilityCeiling): Visibility {
  if (ceiling === 'public') return to
  return ceiling === 'namespace' && isVisible(to, ownNamespace) ? [ownNamespace] : ['~']
}

/** Seen by the object's own namespace and no other. */
export function isPrivate(to: Visibility, ownNamespace: string): boolean {
  return to.every(value => value === ownNamespace || value === '~')
}
