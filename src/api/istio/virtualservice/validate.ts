/** Rules for VirtualService: as strict as Istio's admission, and its warnings about rules that nothing reaches. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { isIpAddress } from '../../values/address.ts'
import { checkWildcardDomain, hostsOverlap } from '../../values/dns.ts'
import { checkExportTo } from '../export-to.ts'
import { checkGatewayNames, mesh } from './gateway-names.ts'
import { checkHttpRoute } from './http-route.ts'
import { checkTcpRoute, checkTlsRoute } from './layer4.ts'
import { warnOfUnreachableHttp, warnOfUnreachableLayer4 } from './reachability.ts'
import type { VirtualServiceSpec } from './schema.ts'

export function validateVirtualService(
  object: ConfigObject<'VirtualService', string, VirtualServiceSpec>,
  findings: Findings,
): void {
  const { spec } = object
  const at = findings.at('spec')
  const { hosts = [], http = [], tls = [], tcp = [] } = spec
  const isDelegate = hosts.length === 0
  const gateways = isDelegate ? [] : spec.gateways && spec.gateways.length > 0 ? spec.gateways : [mesh]
  if (isDelegate) checkDelegated(spec, at)
  else checkGatewayNames(spec.gateways, at.at('gateways'))
  checkHosts(hosts, gateways.includes(mesh), at.at('hosts'))
  if (http.length + tls.length + tcp.length === 0) at.error('it has no rules: expected http, tls or tcp')
  for (const [index, rule] of http.entries()) checkHttpRoute(rule, { gateways, isDelegate }, at.at('http', index))
  for (const [index, rule] of tls.entries()) checkTlsRoute(rule, hosts, at.at('tls', index))
  for (const [index, rule] of tcp.entries()) checkTcpRoute(rule, at.at('tcp', index))
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'))
  warnOfUnreachableHttp(http, at.at('http'))
  warnOfUnreachableLayer4(tls, at.at('tls'))
  warnOfUnreachableLayer4(tcp, at.at('tcp'))
}

function checkDelegated(spec: VirtualServiceSpec, findings: Findings): void {
  for (const field of ['gateways', 'tls', 'tcp'] as const) {
    if ((spec[field] ?? []).length > 0)
      findings.at(field).error(`a VirtualService without hosts is delegated to by others: expected no ${field}`)
  }
}

function checkHosts(hosts: readonly string[], onMesh: boolean, findings: Findings): void {
  for (const [index, host] of hosts.entries()) {
    const at = findings.at(index)
    if (!isIpAddress(host)) at.check(checkWildcardDomain(host))
    if (host === '*' && onMesh)
      at.error(`"*" would take all traffic of all sidecars: expected other hosts, or gateways without "${mesh}"`)
    const earlier = hosts.slice(0, index).find(other => hostsOverlap(other, host))
    if (earlier !== undefined) at.error(`"${host}" overlaps with "${earlier}": expected hosts that have no name in common`)
  }
}
