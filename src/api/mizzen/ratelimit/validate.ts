/** Rules for RateLimit, and for the limits inside of HTTPProxy and GRPCProxy. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkWildcardDomain } from '../../values/dns.ts'
import { checkHeaderName } from '../../values/header.ts'
import { checkSelector } from '../../values/labels.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkMatches } from '../conditions.ts'
import { checkRate, parseRate } from '../rate.ts'
import { exactlyOne } from '../target.ts'
import type { Limit, RateLimitSpec } from './schema.ts'

export function validateRateLimit(object: ConfigObject<'RateLimit', string, RateLimitSpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  exactlyOne(spec, ['host', 'workloadSelector'], at)
  if (spec.host !== undefined) at.at('host').check(checkWildcardDomain(spec.host))
  if (spec.workloadSelector) checkSelector(spec.workloadSelector.matchLabels, at.at('workloadSelector', 'matchLabels'))
  if (spec.port !== undefined) at.at('port').check(checkPort(spec.port))
  checkLimit(spec, at)
}

/** @param findings at the limit */
export function checkLimit(limit: Limit, findings: Findings): void {
  const { rate, peak, scope, redis, timeout } = limit
  findings.at('rate').check(checkRate(rate))
  if (peak !== undefined) checkPeak(peak, rate, findings.at('peak'))
  checkMatches(limit.match, findings.at('match'))
  for (const [index, key] of (limit.per ?? []).entries()) {
    exactlyOne(key, ['header', 'client'], findings.at('per', index))
    if (key.header !== undefined) findings.at('per', index, 'header').check(checkHeaderName(key.header))
  }
  if (timeout !== undefined) findings.at('timeout').check(checkDuration(timeout))
  if (redis && !/^[^\s:/]+:\d{1,5}$/.test(redis.address)) {
    const text = JSON.stringify(redis.address)
    findings.at('redis', 'address').error(`${text} is not an address: expected host:port, such as "redis.infra:6379"`)
  }
  if (scope === 'Shared') return
  for (const field of ['redis', 'timeout', 'failureMode'] as const) {
    if (limit[field] !== undefined)
      findings.at(field).error('a Local limit asks nobody: expected "scope: Shared" beside it', { fix: 'write scope: Shared' })
  }
}

function checkPeak(peak: string, rate: string, findings: Findings): void {
  findings.check(checkRate(peak))
  const [most, sustained] = [parseRate(peak), parseRate(rate)]
  if (!most || !sustained || most.requests / most.perMs > sustained.requests / sustained.perMs) return
  findings.error(`"${peak}" is not above the sustained rate "${rate}": expected a higher one, or no peak`)
}
