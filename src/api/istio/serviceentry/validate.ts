/** Rules for ServiceEntry: as strict as Istio's admission and its CRD. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort, checkSubnet } from '../../values/address.ts'
import { checkDnsLabel, checkWildcardDomain, isPartialWildcard } from '../../values/dns.ts'
import { checkSelector } from '../../values/labels.ts'
import { checkProtocol, isHttpProtocol, isTlsProtocol } from '../../values/protocol.ts'
import { checkExportTo } from '../export-to.ts'
import { checkResolution } from './resolution.ts'
import type { ServiceEntrySpec } from './schema.ts'

/** "false" keeps the mesh from giving the entry an address of its own. */
const autoAllocateLabel = 'networking.istio.io/enable-autoallocate-ip'

export function validateServiceEntry(object: ConfigObject<'ServiceEntry', string, ServiceEntrySpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkHosts(spec, at)
  for (const [index, address] of (spec.addresses ?? []).entries()) at.at('addresses', index).check(checkSubnet(address))
  checkPorts(spec, at.at('ports'))
  checkResolution(spec, object.labels, at)
  const { workloadSelector, endpoints = [] } = spec
  if (workloadSelector && endpoints.length > 0) at.error('workloadSelector and endpoints are both there: expected one of them')
  if (workloadSelector) checkSelector(workloadSelector.labels, at.at('workloadSelector', 'labels'))
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'), { nobody: true })
  const allocated = (spec.resolution ?? 'NONE') !== 'NONE' && object.labels[autoAllocateLabel] !== 'false'
  if ((spec.addresses ?? []).length === 0 && !allocated) warnOfNoAddress(spec, at.at('ports'))
}

function checkHosts(spec: ServiceEntrySpec, findings: Findings): void {
  for (const [index, host] of spec.hosts.entries()) {
    const at = findings.at('hosts', index)
    if (host === '*') at.error('"*" would be every host there is: expected a DNS name, or one that begins with "*."')
    else at.check(checkWildcardDomain(host))
    if (isPartialWildcard(host) && spec.resolution !== 'DYNAMIC_DNS')
      at.warning(`"${host}" has a wildcard for a part of a label: expected "*." at the beginning`)
  }
  const tellable = (spec.ports ?? []).every(({ protocol = '' }) => isHttpProtocol(protocol) || isTlsProtocol(protocol))
  if (spec.hosts.length > 1 && !tellable && (spec.resolution ?? 'NONE') !== 'NONE') {
    findings
      .at('hosts')
      .error('plain TCP does not say which of the hosts is meant: expected one host, or only HTTP and TLS ports')
  }
}

function checkPorts(spec: ServiceEntrySpec, findings: Findings): void {
  const numbers = new Set<number>()
  for (const [index, { name, number = 0, protocol, targetPort }] of (spec.ports ?? []).entries()) {
    const at = findings.at(index)
    at.at('name').check(checkDnsLabel(name, "a port's name"))
    at.at('number').check(checkPort(number))
    if (protocol) at.at('protocol').check(checkProtocol(protocol))
    if (targetPort) at.at('targetPort').check(checkPort(targetPort))
    if (numbers.has(number)) at.at('number').error(`${number} is there twice: expected each port once`)
    numbers.add(number)
  }
}

function warnOfNoAddress(spec: ServiceEntrySpec, findings: Findings): void {
  for (const [index, { protocol = '' }] of (spec.ports ?? []).entries()) {
    if (protocol !== '' && protocol.toUpperCase() !== 'TCP') continue
    findings
      .at(index)
      .warning('a TCP connection is told from others by its address: expected addresses, or a protocol other than TCP')
  }
}
