/** IST0116, IST0137: several Services over one Deployment must agree about its ports, for the proxy has one listener for each. */
import { hasLabels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { isInMesh, templateOf } from '../workloads.ts'

interface ServedPort {
  readonly service: string
  readonly port: string
  readonly target: string
  readonly protocol: string
}

export const deploymentServices: Analyzer = {
  name: 'deployment.MultiServiceAnalyzer',
  description: 'Services over one Deployment agree about its ports',
  codes: ['IST0116', 'IST0137'],
  inputs: ['Deployment', 'Service', 'Namespace'],
  *analyze(world) {
    for (const deployment of world.resources.of('Deployment')) {
      const template = templateOf(deployment)
      if (!isInMesh(template, world)) continue
      const services = world.resources.of('Service').filter(({ namespace, spec }) => {
        const selector = spec.at('selector').labels()
        return namespace === deployment.namespace && Object.keys(selector).length > 0 && hasLabels(template.labels, selector)
      })
      const ports = services.flatMap(portsOf)
      for (const [port, same] of Map.groupBy(ports, each => each.port)) {
        if (new Set(same.map(each => each.protocol)).size < 2) continue
        const names = same.map(each => each.service).join(' ')
        const message = `This deployment ${deployment.name} is associated with multiple services using port ${port} but different protocols: [${names}]`
        yield finding('IST0116', deployment.root, message, 'give the port the same protocol in all of them, or remove one')
      }
      for (const [target, same] of Map.groupBy(ports, each => each.target)) {
        const different = new Set(same.map(each => each.port))
        if (different.size < 2) continue
        const names = same.map(each => each.service).join(' ')
        const message = `This deployment ${deployment.name} is associated with multiple services [${names}] using targetPort "${target}" but different ports: [${[...different].join(' ')}]`
        yield finding('IST0137', deployment.root, message, `use one port for targetPort ${target} in all of them`)
      }
    }
  },
}

function portsOf({ name, spec }: Resource): ServedPort[] {
  return spec
    .at('ports')
    .items()
    .map(part => {
      const port = part.at('port').text()
      const target = part.at('targetPort').text()
      return {
        service: name,
        port,
        target: target === '' || target === '0' ? port : target,
        protocol: part.at('protocol').text() || 'TCP',
      }
    })
}
