/** Rules for Retry, and for the retries of HTTPProxy and GRPCProxy. */
import { nearest } from '../../../lib/nearest.ts'
import type { Findings } from '../../findings.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import { isHttpStatus, retryConditions } from '../../istio/virtualservice/status.ts'
import type { ConfigObject } from '../../object.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientSide } from '../target.ts'
import type { RetryPolicy, RetrySpec } from './schema.ts'

export function validateRetry(object: ConfigObject<'Retry', string, RetrySpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkClientSide(spec, at)
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'))
  checkRetry(spec, at)
  if (spec.budget && spec.route !== undefined)
    at.at('budget').error('a budget is for the whole service: expected no route beside it')
}

/** @param findings at the policy */
export function checkRetry({ on, perTryTimeout, backoff }: RetryPolicy, findings: Findings): void {
  for (const [index, condition] of (on ?? []).entries()) {
    if (retryConditions.has(condition) || isHttpStatus(condition)) continue
    const meant = nearest(condition, retryConditions)
    const expected = meant ? `did you mean "${meant}"?` : `expected an HTTP status or one of ${[...retryConditions].join(', ')}`
    findings.at('on', index).error(`${JSON.stringify(condition)} is not a condition to retry on: ${expected}`)
  }
  if (perTryTimeout !== undefined) findings.at('perTryTimeout').check(checkDuration(perTryTimeout))
  if (backoff?.base !== undefined) findings.at('backoff', 'base').check(checkDuration(backoff.base))
  if (backoff?.max !== undefined) findings.at('backoff', 'max').check(checkDuration(backoff.max))
}
