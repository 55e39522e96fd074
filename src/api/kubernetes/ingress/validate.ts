/** Rules for Ingress, as the API server has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { isIpAddress } from '../../values/address.ts'
import type { IngressBackend, IngressPath, IngressSpec } from './schema.ts'

const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function validateIngress({ spec }: ConfigObject<'Ingress', string, IngressSpec>, findings: Findings): void {
  const at = findings.at('spec')
  const { defaultBackend, rules = [] } = spec
  if (!defaultBackend && rules.length === 0) at.error('it has neither rules nor defaultBackend: expected one of them')
  if (defaultBackend) checkIngressBackend(defaultBackend, at.at('defaultBackend'))
  for (const [index, { host, http }] of rules.entries()) {
    const atRule = at.at('rules', index)
    if (host && (isIpAddress(host) || !HOST.test(host)))
      atRule
        .at('host')
        .error(`"${host}" is not a host: expected a name in lower case such as "shop.example.com" or "*.example.com"`)
    for (const [i, path] of (http?.paths ?? []).entries()) checkPath(path, atRule.at('http', 'paths', i))
  }
}

function checkPath({ path, pathType, backend }: IngressPath, findings: Findings): void {
  checkIngressBackend(backend, findings.at('backend'))
  if (pathType === undefined)
    findings.error('"pathType" is missing: expected Exact, Prefix or ImplementationSpecific', { code: 'missing-field' })
  else if (pathType !== 'ImplementationSpecific' && !path?.startsWith('/'))
    findings.at('path').error(`${JSON.stringify(path ?? '')} is not a path: expected it to begin with "/"`)
}

function checkIngressBackend({ service, resource }: IngressBackend, findings: Findings): void {
  if (!service === !resource) findings.error('expected either "service" or "resource"')
  else if (service && !service.port?.name === !service.port?.number)
    findings.at('service', 'port').error('expected either "name" or "number" of a port')
}
