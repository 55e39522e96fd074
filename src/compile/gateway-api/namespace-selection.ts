/** From which namespaces routes may be attached to a listener, or ListenerSets to a Gateway. */
import type { RouteNamespaces } from '../../api/gateway/gateway/listener.ts'
import { hasLabels } from '../../model/labels.ts'
import type { World } from './world.ts'

type Selector = NonNullable<RouteNamespaces['selector']>

/** @param own the namespace that "Same" means @param fallback what holds where nothing is said */
export function admits(
  rule: RouteNamespaces | undefined,
  namespace: string,
  own: string,
  fallback: 'Same' | 'None',
  world: World,
): boolean {
  switch (rule?.from ?? fallback) {
    case 'All':
      return true
    case 'None':
      return false
    case 'Selector':
      return rule?.selector !== undefined && selectsLabels(rule.selector, world.namespaceLabels(namespace))
    default:
      return namespace === own
  }
}

/** Kubernetes' label selector: all conditions hold; an empty one selects everything. */
function selectsLabels(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return (
    hasLabels(labels, selector.matchLabels ?? {}) &&
    (selector.matchExpressions ?? []).every(expression => holds(expression, labels[expression.key]))
  )
}

function holds({ operator, values = [] }: NonNullable<Selector['matchExpressions']>[number], value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}
