/** Rules for HTTPProxy, and for what GRPCProxy has in common with it. */
import type { Findings } from '../../findings.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import { checkGatewayNames } from '../../istio/virtualservice/gateway-names.ts'
import type { ConfigObject } from '../../object.ts'
import { checkFqdn, checkWildcardDomain } from '../../values/dns.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkCallers, checkJwt } from '../access.ts'
import { checkBreaker } from '../circuitbreaker/validate.ts'
import { checkLimit } from '../ratelimit/validate.ts'
import { checkRetry } from '../retry/validate.ts'
import { checkHttpRoutes } from '../route.ts'
import type { HTTPProxySpec } from './schema.ts'

export function validateHTTPProxy(object: ConfigObject<'HTTPProxy', string, HTTPProxySpec>, findings: Findings): void {
  const at = findings.at('spec')
  checkProxy(object.spec, object.namespace, at)
  checkHttpRoutes(object.spec.routes ?? [], true, at.at('routes'))
  for (const [index, caller] of (object.spec.allow ?? []).entries()) {
    for (const [i, method] of (caller.methods ?? []).entries()) {
      if (!/^[A-Z*]+$/.test(method))
        at.at('allow', index, 'methods', i).error(`${JSON.stringify(method)} is not a method: expected one such as "GET"`)
    }
  }
}

/** @param findings at the spec */
export function checkProxy(spec: Omit<HTTPProxySpec, 'routes'>, namespace: string, findings: Findings): void {
  findings.at('host').check(checkFqdn(spec.host))
  checkGatewayNames(spec.gateways, findings.at('gateways'))
  for (const [index, host] of (spec.hosts ?? []).entries()) findings.at('hosts', index).check(checkWildcardDomain(host))
  if (spec.hosts && !spec.gateways?.length)
    findings.at('hosts').error('names are for gateways, and none is given: expected gateways beside it')
  if (spec.timeout !== undefined) findings.at('timeout').check(checkDuration(spec.timeout))
  if (spec.retry) checkRetry(spec.retry, findings.at('retry'))
  checkCallers(spec.allow, findings.at('allow'))
  checkJwt(spec.jwt, findings.at('jwt'))
  for (const [index, limit] of (spec.rateLimits ?? []).entries()) checkLimit(limit, findings.at('rateLimits', index))
  if (spec.circuitBreaker) checkBreaker(spec.circuitBreaker, findings.at('circuitBreaker'))
  checkExportTo(spec.exportTo, namespace, findings.at('exportTo'))
}
