/** Rules for TLS and TCP rules. */
import type { Findings } from '../../findings.ts'
import { checkPort, checkSubnet, isIpAddress } from '../../values/address.ts'
import { checkDnsLabel, checkWildcardDomain, isHostWithin } from '../../values/dns.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkDestination, checkWeights } from './destination.ts'
import { checkGatewayNames } from './gateway-names.ts'
import type { L4MatchAttributes, RouteDestination, TCPRoute, TLSMatchAttributes, TLSRoute } from './schema.ts'

/** @param hosts of the VirtualService @param findings at the rule */
export function checkTlsRoute(rule: TLSRoute, hosts: readonly string[], findings: Findings): void {
  if ((rule.match ?? []).length === 0) findings.error('expected at least one match with sniHosts')
  for (const [index, match] of (rule.match ?? []).entries()) {
    const at = findings.at('match', index)
    if ((match.sniHosts ?? []).length === 0)
      at.error('"sniHosts" is missing: expected at least one host', { code: 'missing-field' })
    for (const [n, sniHost] of (match.sniHosts ?? []).entries()) checkSniHost(sniHost, hosts, at.at('sniHosts', n))
    checkLayer4Match(match, at)
  }
  checkRoute(rule.route, findings)
}

function checkSniHost(sniHost: string, hosts: readonly string[], findings: Findings): void {
  if (isIpAddress(sniHost)) findings.warning(`"${sniHost}" is an IP address, which most clients never send as server name`)
  else findings.check(checkWildcardDomain(sniHost))
  if (!hosts.some(host => isHostWithin(sniHost, host))) {
    findings.error(
      `"${sniHost}" is none of the hosts of the VirtualService: expected one within ${hosts.map(host => `"${host}"`).join(', ')}`,
    )
  }
}

/** @param findings at the rule */
export function checkTcpRoute(rule: TCPRoute, findings: Findings): void {
  for (const [index, match] of (rule.match ?? []).entries()) {
    const at = findings.at('match', index)
    if (match.sourceSubnet) at.at('sourceSubnet').check(checkSubnet(match.sourceSubnet))
    checkLayer4Match(match, at)
  }
  checkRoute(rule.route, findings)
}

function checkLayer4Match(match: TLSMatchAttributes | L4MatchAttributes, findings: Findings): void {
  for (const [index, subnet] of (match.destinationSubnets ?? []).entries())
    findings.at('destinationSubnets', index).check(checkSubnet(subnet))
  if (match.port) findings.at('port').check(checkPort(match.port)) // 0 is protobuf's way to say nothing
  checkLabels(match.sourceLabels, findings.at('sourceLabels'))
  if (match.sourceNamespace) findings.at('sourceNamespace').check(checkDnsLabel(match.sourceNamespace, 'a namespace'))
  checkGatewayNames(match.gateways, findings.at('gateways'))
}

function checkRoute(route: readonly RouteDestination[] | undefined, findings: Findings): void {
  if (route === undefined || route.length === 0) {
    findings.error('"route" is missing: expected at least one destination', { code: 'missing-field' })
    return
  }
  for (const [index, { destination }] of route.entries())
    checkDestination(destination, findings.at('route', index, 'destination'))
  checkWeights(route, findings.at('route'))
}
