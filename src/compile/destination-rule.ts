/** DestinationRules as traffic rules. */
import type { DestinationRule } from '../api/registry.ts'
import { fullHostName } from '../model/host.ts'
import type { MeshSettings } from '../model/settings.ts'
import type { TrafficRule } from '../model/traffic-policy.ts'
import { visibility } from '../model/visibility.ts'
import { originOf } from './origin.ts'
import { compilePolicy } from './traffic-policy.ts'

export function compileDestinationRule(object: DestinationRule, settings: MeshSettings): TrafficRule {
  const { spec, namespace, name } = object
  return {
    name,
    namespace,
    host: fullHostName(spec.host, namespace, settings.domainSuffix).toLowerCase(),
    exportTo: visibility(spec.exportTo, namespace, settings.defaultPolicyExportTo),
    clients: spec.workloadSelector?.matchLabels,
    policy: spec.trafficPolicy && compilePolicy(spec.trafficPolicy),
    subsets: (spec.subsets ?? []).map((subset, index) => ({
      name: subset.name,
      labels: subset.labels ?? {},
      policy: subset.trafficPolicy && compilePolicy(subset.trafficPolicy),
      origin: originOf(object, ['spec', 'subsets', index]),
    })),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}
