/** IST0173, IST0174: a DestinationRule is about a known host, and each of its subsets selects somebody. */
import { hasLabels, type Labels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import { type Host, Hosts } from '../hosts.ts'
import { selectedBy, selectorText, type Workload, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'

/** Labels that a pod has from the node it runs on. */
const TOPOLOGY = [
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
  'kubernetes.io/hostname',
]

export const destinationRuleSubsets: Analyzer = {
  name: 'destinationrule.SubsetSelectPodAnalyzer',
  description: 'DestinationRules have a known host and subsets that select pods',
  codes: ['IST0173', 'IST0174'],
  inputs: ['DestinationRule', 'Service', 'ServiceEntry', 'Pod', 'Deployment', 'WorkloadEntry', 'Node'],
  *analyze(world) {
    const hosts = new Hosts(world)
    const workloads = workloadsOf(world).map(workload => ({
      ...workload,
      labels: { ...topology(workload, world), ...workload.labels },
    }))
    for (const object of world.resources.of('DestinationRule')) {
      const host = object.spec.at('host')
      const name = hosts.fullName(host.text(), object.namespace)
      const known = hosts.visible(name, object, [object.namespace])
      if (!known) {
        if (hosts.all.some(each => name.startsWith('*') && each.name.endsWith(name.slice(1)))) continue
        const message = `The host "${host.text()}" defined in the DestinationRule does not match any services in the mesh.`
        yield finding('IST0174', host, message, `create a Service or ServiceEntry for "${name}", or correct the name`)
        continue
      }
      for (const subset of object.spec.at('subsets').items()) {
        const labels = subset.at('labels').labels()
        if (selectsSomebody(known, labels, workloads, world)) continue
        const message = `The Subset ${subset.at('name').text()} defined in the DestinationRule does not select any pods.`
        const fix = `label pods of "${name}" with ${selectorText(labels)}, or correct the labels of the subset`
        yield finding('IST0173', subset.at('labels'), message, fix)
      }
    }
  },
}

function topology({ spec }: Workload, { resources }: World): Labels {
  const node = resources.find('Node', '', spec.at('nodeName').text())
  return Object.fromEntries(TOPOLOGY.flatMap(key => (node?.labels[key] ? [[key, node.labels[key]]] : [])))
}

/** Where nothing is known about the endpoints (no selector, names that DNS resolves), nothing is said. */
function selectsSomebody({ of }: Host, labels: Labels, workloads: readonly Workload[], { resources }: World): boolean {
  if (Object.keys(labels).length === 0) return true
  if (of.kind === 'Service') {
    const selector = of.spec.at('selector').labels()
    return Object.keys(selector).length === 0 || selectedBy({ ...selector, ...labels }, workloads, of.namespace).length > 0
  }
  const endpoints = of.spec.at('endpoints').items()
  const selector = of.spec.at('workloadSelector', 'labels').labels()
  if (Object.keys(selector).length === 0) {
    return endpoints.length === 0 || endpoints.some(endpoint => hasLabels(endpoint.at('labels').labels(), labels))
  }
  const wanted = { ...selector, ...labels }
  const entries = resources.of('WorkloadEntry').filter(entry => entry.namespace === of.namespace)
  return (
    selectedBy(wanted, workloads, of.namespace).length > 0 ||
    entries.some(entry => hasLabels({ ...entry.labels, ...entry.spec.at('labels').labels() }, wanted))
  )
}
