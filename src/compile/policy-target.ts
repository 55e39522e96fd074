/** Selectors and references of policies. */
import type { PolicyTarget as TargetSpec } from '../api/istio/policy-target.ts'
import type { ObjectHead } from '../api/object.ts'
import type { PolicyTarget } from '../model/policy-target.ts'

export function compileTarget({ namespace }: ObjectHead, spec: TargetSpec): PolicyTarget {
  const references = spec.targetRefs && spec.targetRefs.length > 0 ? spec.targetRefs : spec.targetRef ? [spec.targetRef] : []
  return {
    namespace,
    selector: spec.selector?.matchLabels,
    targets: references.map(({ group = '', kind, name }) => ({ group: group === 'core' ? '' : group, kind, name })),
  }
}
