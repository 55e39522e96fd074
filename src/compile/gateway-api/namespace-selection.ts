/** From which namespaces routes may be attached to a listener, or ListenerSets to a Gateway. */
import type { ListenerNamespaces } from '../../api/gateway/gateway/listener.ts'
import { matchesLabels } from '../../model/label-selector.ts'
import type { World } from './world.ts'

/** @param own the namespace that "Same" means @param fallback what holds where nothing is said */
export function admits(
  rule: ListenerNamespaces | undefined,
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
      return rule?.selector !== undefined && matchesLabels(rule.selector, world.namespaceLabels(namespace))
    default:
      return namespace === own
  }
}
