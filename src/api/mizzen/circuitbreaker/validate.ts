/** Rules for CircuitBreaker, and for those inside of HTTPProxy and GRPCProxy. */
import { parseDuration } from '../../../lib/duration.ts'
import type { Findings } from '../../findings.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import type { ConfigObject } from '../../object.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientSide } from '../target.ts'
import type { Breaker, CircuitBreakerSpec } from './schema.ts'

export function validateCircuitBreaker(
  object: ConfigObject<'CircuitBreaker', string, CircuitBreakerSpec>,
  findings: Findings,
): void {
  const { spec } = object
  const at = findings.at('spec')
  checkClientSide(spec, at)
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'))
  checkBreaker(spec, at)
}

/** @param findings at the breaker */
export function checkBreaker({ interval, halfOpen }: Breaker, findings: Findings): void {
  if (interval !== undefined) findings.at('interval').check(checkDuration(interval))
  const { after, maxAfter } = halfOpen ?? {}
  if (after !== undefined) findings.at('halfOpen', 'after').check(checkDuration(after))
  if (maxAfter === undefined) return
  findings.at('halfOpen', 'maxAfter').check(checkDuration(maxAfter))
  if ((parseDuration(maxAfter) ?? 0) < (parseDuration(after ?? '30s') ?? 0))
    findings.at('halfOpen', 'maxAfter').error(`"${maxAfter}" is shorter than after, "${after ?? '30s'}": expected at least that`)
}
