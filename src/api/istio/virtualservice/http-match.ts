/** Rules for the match conditions of an HTTP rule. */
import type { Findings } from '../../findings.ts'
import { checkPort } from '../../values/address.ts'
import { checkDnsLabel } from '../../values/dns.ts'
import { checkHeaderMatchName, claimPrefix } from '../../values/header.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkGatewayNames, mesh } from './gateway-names.ts'
import type { HTTPMatchRequest, StringMatch } from './schema.ts'
import { checkStringMatch } from './string-match.ts'

/** @param gateways what the VirtualService is bound to; empty for a delegate @param findings at the match */
export function checkHttpMatch(match: HTTPMatchRequest, gateways: readonly string[], findings: Findings): void {
  checkStringMatch(match.uri, findings.at('uri'), { emptyPrefix: true })
  checkStringMatch(match.scheme, findings.at('scheme'))
  checkStringMatch(match.method, findings.at('method'))
  checkStringMatch(match.authority, findings.at('authority'))
  checkHeaders(match.headers, findings.at('headers'))
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
    const at = findings.at('withoutHeaders', name)
    at.check(checkHeaderMatchName(name))
    if (value.regex !== '*') checkStringMatch(value, at) // "*" asks for absence
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {})) checkStringMatch(value, findings.at('queryParams', name))
  if (match.port) findings.at('port').check(checkPort(match.port)) // 0 is protobuf's way to say nothing
  checkLabels(match.sourceLabels, findings.at('sourceLabels'))
  if (match.sourceNamespace) findings.at('sourceNamespace').check(checkDnsLabel(match.sourceNamespace, 'a namespace'))
  checkGatewayNames(match.gateways, findings.at('gateways'))

  const claims = [...Object.keys(match.headers ?? {}), ...Object.keys(match.withoutHeaders ?? {})].filter(name =>
    name.startsWith(claimPrefix),
  )
  if (claims.length > 0 && (match.gateways ?? gateways).includes(mesh)) {
    findings.error(`"${claims[0]}" matches a claim, which only gateways know: expected gateways without "${mesh}"`)
  }
}

function checkHeaders(headers: Readonly<Record<string, StringMatch>> | undefined, findings: Findings): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    const at = findings.at(name)
    at.check(checkHeaderMatchName(name))
    checkStringMatch(value, at)
  }
}
