/** IST0101, IST0162: a Gateway selects pods, and a Service of theirs exposes each of its ports. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'
import { selectedBy, selectorText, type Workload, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'

export const gatewayPorts: Analyzer = {
  name: 'gateway.IngressGatewayPortAnalyzer',
  description: 'Gateways select pods whose Services expose their ports',
  codes: ['IST0101', 'IST0162'],
  inputs: ['Gateway', 'Pod', 'Deployment', 'Service'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    for (const { spec } of world.resources.of('Gateway')) {
      const selector = spec.at('selector')
      const text = selectorText(selector.labels())
      const pods = selectedBy(selector.labels(), workloads)
      if (pods.length === 0) {
        const fix = 'create the gateway workload, or correct the labels of the selector'
        yield finding('IST0101', selector, `Referenced selector not found: "${text}"`, fix)
        continue
      }
      const ports = exposedPorts(pods, world)
      for (const server of spec.at('servers').items()) yield* checkServer(server.at('port'), text, ports)
    }
  },
}

function* checkServer(port: Part, selector: string, ports: ReadonlySet<number>) {
  const number = port.at('number').number() ?? 0
  if (!port.isSet() || ports.has(number)) return
  const message = `The gateway is listening on a target port (port ${number}) that is not defined in the Service associated with its workload instances (Pod selector ${selector})`
  yield finding('IST0162', port, message, `add port ${number} to the Service of the gateway's pods`)
}

/** A server's port is what the proxy listens on: the Service's target port; its own port counts too, as it is often the same by name. */
function exposedPorts(pods: readonly Workload[], { resources }: World): Set<number> {
  const found = new Set<number>()
  for (const { namespace, spec } of resources.of('Service')) {
    const selector = spec.at('selector').labels()
    if (Object.keys(selector).length === 0 || selectedBy(selector, pods, namespace).length === 0) continue
    for (const port of spec.at('ports').items()) {
      if (!['TCP', ''].includes(port.at('protocol').text())) continue
      for (const field of ['port', 'targetPort']) found.add(port.at(field).number() ?? 0)
    }
  }
  found.delete(0)
  return found
}
