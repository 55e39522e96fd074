/** Rules for TCPRoute, as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { type BytesRouteSpec, checkBytesRoute } from '../bytes-route.ts'

export function validateTcpRoute(
  { spec, apiVersion }: ConfigObject<'TCPRoute', string, BytesRouteSpec>,
  findings: Findings,
): void {
  checkBytesRoute(spec, apiVersion, findings.at('spec'))
}
