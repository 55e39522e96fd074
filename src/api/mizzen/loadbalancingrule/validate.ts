/** Rules for LoadBalancingRule. */
import type { Findings } from '../../findings.ts'
import { checkLocality } from '../../istio/destinationrule/locality.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import type { ConfigObject } from '../../object.ts'
import { checkHeaderName } from '../../values/header.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientSide, exactlyOne } from '../target.ts'
import type { Balancing, LoadBalancingRuleSpec } from './schema.ts'

export function validateLoadBalancingRule(
  object: ConfigObject<'LoadBalancingRule', string, LoadBalancingRuleSpec>,
  findings: Findings,
): void {
  const { spec } = object
  const at = findings.at('spec')
  checkClientSide(spec, at)
  checkExportTo(spec.exportTo, object.namespace, at.at('exportTo'))
  checkBalancing(spec, at)
}

function checkBalancing({ algorithm, stickiness, locality, warmUp }: Balancing, findings: Findings): void {
  const hashes = algorithm === 'RingHash' || algorithm === 'Maglev'
  if (hashes && !stickiness)
    findings.error(`${algorithm} chooses by something of the request: expected stickiness beside it`, { code: 'missing-field' })
  if (stickiness) {
    const at = findings.at('stickiness')
    exactlyOne(stickiness, ['header', 'queryParam', 'sourceIP', 'cookie'], at)
    if (stickiness.header !== undefined) at.at('header').check(checkHeaderName(stickiness.header))
    if (stickiness.sourceIP === false) at.at('sourceIP').error('expected true, or another field')
    if (stickiness.cookie?.ttl !== undefined) at.at('cookie', 'ttl').check(checkDuration(stickiness.cookie.ttl))
    if (algorithm !== undefined && !hashes)
      findings.at('algorithm').error(`${algorithm} is never sticky: expected RingHash or Maglev, or no algorithm`)
  }
  checkLocality(locality, true, findings.at('locality'))
  if (!warmUp) return
  findings.at('warmUp', 'duration').check(checkDuration(warmUp.duration))
  if (stickiness || algorithm === 'Random')
    findings.at('warmUp').error('only LeastRequest and RoundRobin warm up: expected one of them, or no warmUp')
}
