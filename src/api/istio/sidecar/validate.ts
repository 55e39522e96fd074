/** Rules for Sidecar: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkSelector } from '../../values/labels.ts'
import { checkConnectionPool } from '../destinationrule/connection-pool-rules.ts'
import { checkDestination } from '../virtualservice/destination.ts'
import { checkEgress } from './egress.ts'
import { checkIngress } from './ingress.ts'
import type { SidecarSpec } from './schema.ts'

export function validateSidecar(object: ConfigObject<'Sidecar', string, SidecarSpec>, findings: Findings): void {
  const { workloadSelector, ingress = [], egress = [], inboundConnectionPool, outboundTrafficPolicy } = object.spec
  const at = findings.at('spec')
  if (workloadSelector) checkSelector(workloadSelector.labels, at.at('workloadSelector', 'labels'))
  if (ingress.length === 0 && egress.length === 0 && !inboundConnectionPool && !outboundTrafficPolicy) {
    at.error('it says nothing: expected ingress, egress, inboundConnectionPool or outboundTrafficPolicy')
  }
  checkIngress(ingress, at.at('ingress'))
  checkEgress(egress, object.namespace, at.at('egress'))
  checkConnectionPool(inboundConnectionPool, at.at('inboundConnectionPool'))
  if (!outboundTrafficPolicy?.egressProxy) return
  const atProxy = at.at('outboundTrafficPolicy', 'egressProxy')
  if (outboundTrafficPolicy.mode !== 'ALLOW_ANY')
    atProxy.error('unknown traffic is refused: expected mode ALLOW_ANY beside an egressProxy')
  checkDestination(outboundTrafficPolicy.egressProxy, atProxy)
}
