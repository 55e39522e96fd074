/** IST0170: a Service that several clusters have means the same in each. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Resource } from '../resource.ts'

export const multiCluster: Analyzer = {
  name: 'multicluster.ServiceAnalyzer',
  description: 'a Service means the same in all clusters',
  codes: ['IST0170'],
  inputs: ['Service'],
  *analyze({ clusters }) {
    const all = [...clusters].flatMap(([cluster, resources]) => resources.of('Service').map(service => ({ cluster, service })))
    for (const same of Map.groupBy(all, ({ service }) => service.key).values()) {
      const [first] = same
      const reasons = differences(same.map(({ service }) => service))
      if (!first || reasons.length === 0) continue
      const { name, namespace, root } = first.service
      const names = same.map(({ cluster }) => cluster).sort()
      const message = `The services ${name} in namespace "${namespace}" are inconsistent across clusters [${names.join(' ')}]: ${reasons.join(', ')}. This can cause inconsistent traffic behavior across clusters.`
      yield finding('IST0170', root, message, 'write the Service alike in all clusters')
    }
  },
}

function differences(services: readonly Resource[]): string[] {
  const differs = (said: (service: Resource) => string) => new Set(services.map(said)).size > 1
  return [
    ...(differs(({ spec }) => spec.at('type').text() || 'ClusterIP') ? ['service type inconsistent'] : []),
    ...(differs(({ spec }) => `${spec.at('clusterIP').text() === 'None'}`) ? ['service mixed mode'] : []),
    ...(differs(portsOf) ? ['service ports inconsistent'] : []),
  ]
}

function portsOf({ spec }: Resource): string {
  const ports = spec.at('ports').items()
  const said = ports.map(port =>
    ['port', 'name', 'targetPort']
      .map(field => port.at(field).text())
      .concat(port.at('protocol').text() || 'TCP')
      .join(' '),
  )
  return said.sort().join(',')
}
