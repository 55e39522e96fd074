/** Rules for TLSRoute, as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { isIpAddress } from '../../values/address.ts'
import { checkBytesRoute } from '../bytes-route.ts'
import type { TlsRouteSpec } from './schema.ts'

export function validateTlsRoute({ spec, apiVersion }: ConfigObject<'TLSRoute', string, TlsRouteSpec>, findings: Findings): void {
  const at = findings.at('spec')
  checkBytesRoute(spec, apiVersion, at)
  if (apiVersion.endsWith('/v1') && spec.hostnames === undefined)
    at.error('"hostnames" is missing: expected the server names that clients ask for', { code: 'missing-field' })
  for (const [index, host] of (spec.hostnames ?? []).entries())
    if (isIpAddress(host))
      at.at('hostnames', index).error(`"${host}" is an address: expected a name, as clients send no addresses`)
}
