/** IST0128, IST0129: TLS to a service without a CA accepts any certificate. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'

const FIX = 'set caCertificates, or credentialName together with a workloadSelector, so that the server is verified'

export const destinationRuleTls: Analyzer = {
  name: 'destinationrule.CaCertificateAnalyzer',
  description: 'DestinationRules that start TLS verify the server',
  codes: ['IST0128', 'IST0129'],
  inputs: ['DestinationRule'],
  *analyze({ resources }) {
    for (const object of resources.of('DestinationRule')) {
      const policy = object.spec.at('trafficPolicy')
      const host = object.spec.at('host').text()
      const about = (mode: string) =>
        `DestinationRule ${object.name} in namespace ${object.namespace} has TLS mode set to ${mode} but no caCertificates are set to validate server identity for host: ${host}`
      const tls = policy.at('tls')
      if (isUnverified(tls, object)) yield finding('IST0128', tls, about(tls.at('mode').text()), FIX)
      for (const port of policy.at('portLevelSettings').items()) {
        const own = port.at('tls')
        if (isUnverified(own, object))
          yield finding('IST0129', own, `${about(own.at('mode').text())} at port ${port.at('port', 'number').text()}`, FIX)
      }
    }
  },
}

function isUnverified(tls: Part, { spec }: Resource): boolean {
  if (!['SIMPLE', 'MUTUAL'].includes(tls.at('mode').text()) || tls.at('caCertificates').text() !== '') return false
  return tls.at('credentialName').text() === '' || !spec.at('workloadSelector').isSet()
}
