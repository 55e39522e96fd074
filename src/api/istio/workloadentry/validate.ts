/** Rules for WorkloadEntry, and for the endpoints of a ServiceEntry, which are the same message. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort, checkUnixAddress, isIpAddress, unixPrefix } from '../../values/address.ts'
import { checkDnsLabel, checkFqdn } from '../../values/dns.ts'
import { checkLabels } from '../../values/labels.ts'
import type { WorkloadEntrySpec } from './schema.ts'

export function validateWorkloadEntry(
  object: ConfigObject<'WorkloadEntry', string, WorkloadEntrySpec>,
  findings: Findings,
): void {
  const at = findings.at('spec')
  checkWorkload(object.spec, at)
  const { address = '' } = object.spec
  if (address !== '' && !address.startsWith(unixPrefix) && !isIpAddress(address)) at.at('address').check(checkFqdn(address))
}

/** All but what kind of address it is, which depends on what the workload is for. @param findings at the workload */
export function checkWorkload(workload: WorkloadEntrySpec, findings: Findings): void {
  const { address = '', network, labels } = workload
  if (address === '') {
    if (network) findings.warning(`without an address the gateway of network "${network}" is used`)
    else findings.error('"address" is missing: expected an IP address, a DNS name or unix:///path', { code: 'missing-field' })
  }
  checkWorkloadPorts(workload, findings)
  checkLabels(labels, findings.at('labels'))
}

/** @param findings at the workload */
export function checkWorkloadPorts({ address = '', ports }: WorkloadEntrySpec, findings: Findings): void {
  if (address.startsWith(unixPrefix)) {
    findings.at('address').check(checkUnixAddress(address))
    if (ports && Object.keys(ports).length > 0) findings.at('ports').error('a unix socket has no ports: expected none')
  }
  for (const [name, number] of Object.entries(ports ?? {})) {
    findings.at('ports', name).check(checkDnsLabel(name, "a port's name") ?? checkPort(number))
  }
}
