/** IST0101, IST0110, IST0111, IST0167: one Sidecar holds for each pod, and there is a pod for each Sidecar. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { isAmbient, isAmbientNamespace, selectedBy, selectorText, workloadsOf } from '../workloads.ts'
import { conflictingSelectors, severalDefaults } from './selector-conflicts.ts'

export const sidecars: Analyzer = {
  name: 'sidecar.SelectorAnalyzer',
  description: 'one Sidecar holds for each pod, and each Sidecar for some pod',
  codes: ['IST0101', 'IST0110', 'IST0111', 'IST0167'],
  inputs: ['Sidecar', 'Pod', 'Deployment', 'Namespace'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    const objects = world.resources.of('Sidecar')
    for (const object of objects) {
      const selector = selectorOf(object)
      if (selector === undefined) {
        if (isAmbientNamespace(world.labelsOfNamespace(object.namespace))) yield ineffective(object, 'namespace')
        continue
      }
      const pods = selectedBy(selector, workloads, object.namespace)
      if (pods.length === 0) {
        const text = selectorText(selector)
        const fix = `label a workload in namespace "${object.namespace}" with ${text}, or correct the selector`
        yield finding('IST0101', object.spec.at('workloadSelector'), `Referenced selector not found: "${text}"`, fix)
      }
      if (pods.some(pod => isAmbient(pod, world))) yield ineffective(object, 'pods')
    }
    for (const { object, others, pod } of conflictingSelectors(objects, selectorOf, world)) {
      const message = `The Sidecars [${others.join(' ')}] in namespace "${object.namespace}" select the same workload pod "${pod}", which can lead to undefined behavior.`
      yield finding('IST0110', object.spec.at('workloadSelector'), message, 'make the selectors select different pods')
    }
    for (const { object, others } of severalDefaults(objects, selectorOf)) {
      const message = `The Sidecars [${others.join(' ')}] in namespace "${object.namespace}" have no workload selector, which can lead to undefined behavior.`
      yield finding('IST0111', object.spec, message, 'keep one of them, or give the others a workloadSelector')
    }
  },
}

function selectorOf({ spec }: Resource) {
  const labels = spec.at('workloadSelector', 'labels').labels()
  return Object.keys(labels).length === 0 ? undefined : labels
}

function ineffective(object: Resource, what: string) {
  const message = `The resource does not apply to the ${what} it is for, which are in ambient mode: no sidecar is there to read it.`
  return finding('IST0167', object.spec, message, 'remove it, or use policies that waypoints follow')
}
