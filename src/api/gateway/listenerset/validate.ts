/** Rules for ListenerSet, as its CRD has them. */
import type { Findings } from '../../findings.ts'
import { checkListeners } from '../gateway/listener-rules.ts'
import type { ListenerSetSpec } from './schema.ts'

export function validateListenerSet(object: { readonly spec: ListenerSetSpec }, findings: Findings): void {
  checkListeners(object.spec.listeners, findings.at('spec', 'listeners'))
}
