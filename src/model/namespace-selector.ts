/** Labels of namespaces, as Kubernetes' label selectors put it. */
import { hasLabels, type Labels } from './labels.ts'

export interface NamespaceSelector {
  readonly labels: Labels
  readonly conditions: readonly LabelCondition[]
}

export interface LabelCondition {
  readonly key: string
  readonly operator: 'in' | 'not-in' | 'exists' | 'missing'
  readonly values: readonly string[]
}

/** Whether all that the selector says holds of the labels. */
export function selectsNamespace(selector: NamespaceSelector, labels: Labels): boolean {
  return hasLabels(labels, selector.labels) && selector.conditions.every(condition => holds(condition, labels[condition.key]))
}

function holds({ operator, values }: LabelCondition, value: string | undefined): boolean {
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value)
    case 'not-in':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case 'missing':
      return value === undefined
  }
}
