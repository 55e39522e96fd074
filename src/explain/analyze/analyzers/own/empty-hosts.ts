/** MZ0011: a VirtualService that leads to a Service behind which nobody is, although its namespace has workloads. */
import type { Analyzer } from '../../analyzer.ts'
import { destinations } from '../../destinations.ts'
import { finding } from '../../finding.ts'
import { Hosts } from '../../hosts.ts'
import { selectedBy, selectorText, workloadsOf } from '../../workloads.ts'

export const emptyHosts: Analyzer = {
  name: 'mizzen.EmptyHostAnalyzer',
  description: 'somebody is behind the Services that VirtualServices lead to',
  codes: ['MZ0011'],
  inputs: ['VirtualService', 'Service', 'Pod', 'Deployment'],
  *analyze(world) {
    const hosts = new Hosts(world)
    const workloads = workloadsOf(world)
    for (const object of world.resources.of('VirtualService')) {
      for (const { part } of destinations(object)) {
        const name = hosts.fullName(part.at('host').text(), object.namespace)
        const service = hosts.named(name).find(host => host.of.kind === 'Service')?.of
        const selector = service?.spec.at('selector').labels() ?? {}
        if (!service || Object.keys(selector).length === 0 || service.spec.at('type').text() === 'ExternalName') continue
        const near = workloads.filter(each => each.namespace === service.namespace)
        if (near.length === 0 || selectedBy(selector, near).length > 0) continue
        const message = `Nobody is behind "${name}": no workload of namespace "${service.namespace}" has the labels ${selectorText(selector)}`
        yield finding(
          'MZ0011',
          part.at('host'),
          message,
          `correct the selector of ${service.title}, or the labels of the workload`,
        )
      }
    }
  },
}
