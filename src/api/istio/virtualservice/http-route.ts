/** Rules for one HTTP rule: exactly one thing is done with a request, and the settings beside it make sense. */
import type { Findings } from '../../findings.ts'
import { checkDnsLabel } from '../../values/dns.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkDestination, checkWeights } from './destination.ts'
import { checkDirectResponse, checkRedirect, checkRewrite } from './http-action.ts'
import { checkAuthorityOnce, checkHeaderOperations } from './http-headers.ts'
import { checkHttpMatch } from './http-match.ts'
import { checkCors, checkFault, checkMirrors, checkRetries } from './http-policy.ts'
import type { Delegate, HTTPRoute } from './schema.ts'

export interface Surroundings {
  /** What the VirtualService is bound to; empty for a delegate. */
  readonly gateways: readonly string[]
  /** Whether the VirtualService has no hosts, and so is itself delegated to. */
  readonly isDelegate: boolean
}

/** @param findings at the rule */
export function checkHttpRoute(rule: HTTPRoute, { gateways, isDelegate }: Surroundings, findings: Findings): void {
  checkOneAction(rule, isDelegate, findings)
  for (const [index, match] of (rule.match ?? []).entries()) checkHttpMatch(match, gateways, findings.at('match', index))

  const destinations = rule.route ?? []
  for (const [index, { destination, headers }] of destinations.entries()) {
    checkDestination(destination, findings.at('route', index, 'destination'))
    checkHeaderOperations(headers, findings.at('route', index, 'headers'))
  }
  checkWeights(destinations, findings.at('route'))
  checkRedirect(rule.redirect, rule.match ?? [], findings.at('redirect'))
  checkDirectResponse(rule.directResponse, findings.at('directResponse'))
  checkDelegate(rule.delegate, findings.at('delegate'))
  checkRewrite(rule.rewrite, findings.at('rewrite'))
  checkHeaderOperations(rule.headers, findings.at('headers'))
  checkAuthorityOnce(rule.rewrite, rule.headers, findings)
  if (rule.timeout !== undefined) findings.at('timeout').check(checkDuration(rule.timeout))
  checkRetries(rule.retries, findings.at('retries'))
  checkFault(rule.fault, findings.at('fault'))
  checkMirrors(rule, findings)
  checkCors(rule.corsPolicy, findings.at('corsPolicy'))
}

function checkOneAction(rule: HTTPRoute, isDelegate: boolean, findings: Findings): void {
  if (rule.delegate && !isDelegate) {
    checkRoot(rule, findings)
    return
  }
  const forwards = rule.route !== undefined && rule.route.length > 0
  const actions = [forwards && 'route', rule.redirect && 'redirect', rule.directResponse && 'directResponse']
  const given = actions.filter(action => typeof action === 'string')
  if (given.length === 0 && !rule.delegate)
    findings.error('it says not what to do with a request: expected route, redirect, directResponse or delegate')
  if (given.length > 1) findings.error(`${given.join(' and ')} are both there: expected one of them`)
  if (rule.delegate)
    findings.at('delegate').error('a VirtualService without hosts is itself delegated to: expected no further delegate')
  if (!rule.redirect && !rule.directResponse) return
  for (const field of ['fault', 'rewrite'] as const) {
    if (rule[field])
      findings.at(field).error(`it has no effect on a request that is not forwarded: expected no ${field} beside ${given[0]}`)
  }
}

/** What a rule that delegates says beside that holds for those rules it hands over to which do not say otherwise. */
function checkRoot(rule: HTTPRoute, findings: Findings): void {
  for (const field of ['route', 'redirect'] as const) {
    if (rule[field]) findings.error(`${field} and delegate are both there: expected one of them`)
  }
}

function checkDelegate(delegate: Delegate | undefined, findings: Findings): void {
  if (delegate === undefined) return
  if (!delegate.name)
    findings.error('"name" is missing: expected the name of a VirtualService without hosts', { code: 'missing-field' })
  if (delegate.namespace) findings.at('namespace').check(checkDnsLabel(delegate.namespace, 'a namespace'))
}
