/** MZ0008: policies that Istio's analyzers do not look at, and that select no workload of their namespace. */
import type { Analyzer } from '../../analyzer.ts'
import { finding } from '../../finding.ts'
import type { Part, Resource } from '../../resource.ts'
import type { KindName } from '../../resources.ts'
import { selectedBy, selectorText, workloadsOf } from '../../workloads.ts'

const SELECTOR: Partial<Record<KindName, (object: Resource) => Part>> = {
  PeerAuthentication: ({ spec }) => spec.at('selector', 'matchLabels'),
  RequestAuthentication: ({ spec }) => spec.at('selector', 'matchLabels'),
  WasmPlugin: ({ spec }) => spec.at('selector', 'matchLabels'),
  EnvoyFilter: ({ spec }) => spec.at('workloadSelector', 'labels'),
}
const KINDS = ['PeerAuthentication', 'RequestAuthentication', 'WasmPlugin', 'EnvoyFilter'] as const

export const policySelection: Analyzer = {
  name: 'mizzen.PolicySelectionAnalyzer',
  description: 'policies select workloads',
  codes: ['MZ0008'],
  inputs: [...KINDS, 'Pod', 'Deployment'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    for (const kind of KINDS) {
      for (const policy of world.resources.of(kind)) {
        const part = SELECTOR[kind]?.(policy)
        const labels = part?.labels() ?? {}
        const everywhere = policy.namespace === world.rootNamespace
        const near = everywhere ? workloads : workloads.filter(each => each.namespace === policy.namespace)
        // Files that hold policies alone say nothing about what is there.
        if (!part || Object.keys(labels).length === 0 || near.length === 0 || selectedBy(labels, near).length > 0) continue
        const text = selectorText(labels)
        const message = `No workload of ${everywhere ? 'the mesh' : `namespace "${policy.namespace}"`} has the labels ${text}: the policy does nothing`
        yield finding('MZ0008', part, message, `label a workload with ${text}, or correct the selector`)
      }
    }
  },
}
