/** IST0126: networks take their endpoints from clusters that the control plane follows. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'

/** The name of the cluster that the control plane runs in. */
const OWN = 'Kubernetes'

export const meshNetworks: Analyzer = {
  name: 'meshnetworks.MeshNetworksAnalyzer',
  description: 'networks take endpoints from known clusters',
  codes: ['IST0126'],
  inputs: ['Secret'],
  *analyze(world) {
    const secrets = world.resources.of('Secret').filter(({ labels }) => labels['istio/multiCluster'] === 'true')
    const remote = secrets.flatMap(({ root }) => ['data', 'stringData'].flatMap(field => root.at(field).entries()))
    const known = [OWN, ...remote.map(([name]) => name)]
    for (const [network, part] of world.meshNetworks.at('networks').entries()) {
      for (const endpoint of part.at('endpoints').items()) {
        const registry = endpoint.at('fromRegistry')
        if (registry.text() === '' || known.includes(registry.text())) continue
        const message = `Unknown service registry ${registry.text()} in network ${network}`
        yield finding(
          'IST0126',
          registry,
          message,
          `use one of ${known.join(', ')}, or create the remote secret of "${registry.text()}"`,
        )
      }
    }
  },
}
