/** Rules for PeerAuthentication: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkWorkloadSelector } from '../policy-target.ts'
import type { PeerAuthenticationSpec } from './schema.ts'

export function validatePeerAuthentication(
  object: ConfigObject<'PeerAuthentication', string, PeerAuthenticationSpec>,
  findings: Findings,
): void {
  const { selector, portLevelMtls } = object.spec
  const at = findings.at('spec')
  checkWorkloadSelector(selector, at.at('selector'))
  if (portLevelMtls === undefined) return
  const atPorts = at.at('portLevelMtls')
  if (Object.keys(selector?.matchLabels ?? {}).length === 0)
    atPorts.error('ports belong to workloads: expected a selector with labels beside portLevelMtls')
  for (const port of Object.keys(portLevelMtls)) {
    const number = /^\d+$/.test(port) ? Number(port) : Number.NaN
    if (!(number >= 1 && number <= 65535))
      atPorts.at(port).error(`"${port}" is not a port: expected 1 to 65535, a port that the workload listens on`)
  }
}
