/** Kubernetes' label selectors (meta/v1 LabelSelector): whoever has one matches labels with it here. */
import { hasLabels, type Labels } from './labels.ts'

export interface LabelSelector {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?: readonly LabelRequirement[] | undefined
}

export interface LabelRequirement {
  readonly key: string
  /** In, NotIn, Exists or DoesNotExist; any other holds for nothing. */
  readonly operator: string
  readonly values?: readonly string[] | undefined
}

/** Whether all that the selector says holds of the labels; one that says nothing holds of all. */
export function matchesLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return hasLabels(labels, matchLabels) && matchExpressions.every(requirement => holds(requirement, labels[requirement.key]))
}

function holds({ operator, values = [] }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
