/** IST0118, IST0150: ports of Services say which protocol they speak. */
import { portProtocol } from '../../../model/protocol.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { isControlPlane, isSystemNamespace } from '../workloads.ts'

const FIX = 'name it PROTOCOL or PROTOCOL-SUFFIX, as in "http-web", or set appProtocol'

export const portNames: Analyzer = {
  name: 'service.PortNameAnalyzer',
  description: 'ports of Services say their protocol',
  codes: ['IST0118', 'IST0150'],
  inputs: ['Service'],
  *analyze({ resources }) {
    for (const service of resources.of('Service')) {
      if (isSystemNamespace(service.namespace) || isControlPlane(service) || isManagedGateway(service)) continue
      for (const port of service.spec.at('ports').items()) {
        const protocol = protocolOf(port)
        if (service.spec.at('type').text() === 'ExternalName') {
          if (protocol !== 'auto' && protocol !== 'TCP') continue
          const message =
            'Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly'
          yield finding('IST0150', port, message, FIX)
        } else if (protocol === 'auto') {
          const message = `Port name ${port.at('name').text()} (port: ${port.at('port').text()}, targetPort: ${port.at('targetPort').text()}) doesn't follow the naming convention of Istio port.`
          yield finding('IST0118', port, message, FIX)
        }
      }
    }
  },
}

function protocolOf(port: Part) {
  return portProtocol({
    number: port.at('port').number() ?? 0,
    name: port.at('name').text(),
    transport: port.at('protocol').text(),
    appProtocol: port.at('appProtocol').text() || undefined,
  })
}

/** Made for a Gateway API object: its ports are named after listeners. */
function isManagedGateway({ labels }: Resource): boolean {
  return labels['gateway.networking.k8s.io/gateway-name'] !== undefined || labels['gateway.istio.io/managed'] !== undefined
}
