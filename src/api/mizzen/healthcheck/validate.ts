/** Rules for HealthCheck. */
import type { Findings } from '../../findings.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import type { ConfigObject } from '../../object.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientSide, exactlyOne } from '../target.ts'
import type { HealthCheckSpec } from './schema.ts'

export function validateHealthCheck(object: ConfigObject<'HealthCheck', string, HealthCheckSpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkClientSide(spec, at)
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'))
  exactlyOne(spec, ['http', 'grpc', 'tcp'], at)
  if (spec.http && !spec.http.path.startsWith('/'))
    at.at('http', 'path').error(`${JSON.stringify(spec.http.path)} is not a path: expected one that begins with "/"`)
  if (spec.interval !== undefined) at.at('interval').check(checkDuration(spec.interval))
  if (spec.timeout !== undefined) at.at('timeout').check(checkDuration(spec.timeout))
}
