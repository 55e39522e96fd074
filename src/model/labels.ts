/** Labels and selectors. */

export type Labels = Readonly<Record<string, string>>

/** Whether all of `wanted` is in `labels`; nothing wanted is in everything. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false
  return true
}

/** As hasLabels(), but an empty selector selects nothing (Kubernetes Service, Gateway). */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.keys(selector).length > 0 && hasLabels(labels, selector)
}

/** One text for equal labels, in whatever order they were written. */
export function labelsKey(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map(key => `${key}=${labels[key]}`)
    .join(',')
}
