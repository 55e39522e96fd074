/** Rules for WeightedDestinationRule. */
import type { Findings } from '../../findings.ts'
import { checkExportTo } from '../../istio/export-to.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkDnsLabel, checkFqdn } from '../../values/dns.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientSide, exactlyOne } from '../target.ts'
import type { Rollout, WeightedDestinationRuleSpec } from './schema.ts'

export function validateWeightedDestinationRule(
  object: ConfigObject<'WeightedDestinationRule', string, WeightedDestinationRuleSpec>,
  findings: Findings,
): void {
  const { spec, namespace } = object
  const at = findings.at('spec')
  checkClientSide(spec, at)
  checkExportTo(spec.exportTo, namespace, at.at('exportTo'))
  const seen = new Set<string>()
  for (const [index, destination] of spec.destinations.entries()) {
    const one = at.at('destinations', index)
    if (!exactlyOne(destination, ['version', 'subset', 'host'], one)) continue
    const { version, subset, host, port, weight } = destination
    if (version !== undefined) one.at('version').check(checkDnsLabel(version, 'a version'))
    if (subset !== undefined) one.at('subset').check(checkDnsLabel(subset, 'the name of a subset'))
    if (host !== undefined) one.at('host').check(checkFqdn(host))
    if (port !== undefined) {
      one.at('port').check(checkPort(port))
      if (host === undefined) one.at('port').error('a version has the ports of its service: expected a host beside it')
    }
    if (weight === undefined && spec.destinations.length > 1) {
      one.error('"weight" is missing: expected percent', { code: 'missing-field' })
    }
    const name = version ?? subset ?? `${host}:${port ?? ''}`
    if (seen.has(name)) one.error(`${JSON.stringify(version ?? subset ?? host)} is there twice: expected each once`)
    seen.add(name)
  }
  checkSum(spec, at)
  if (spec.rollout) checkRollout(spec.rollout, spec.destinations.length, at.at('rollout'))
}

function checkSum({ destinations }: WeightedDestinationRuleSpec, findings: Findings): void {
  if (destinations.some(destination => destination.weight === undefined)) return
  const sum = destinations.reduce((total, destination) => total + (destination.weight ?? 0), 0)
  if (sum !== 100) findings.at('destinations').error(`the weights make ${sum} percent: expected 100`, { code: 'weights' })
}

function checkRollout({ steps }: Rollout, destinations: number, findings: Findings): void {
  if (destinations !== 2)
    findings.error(`a roll-out goes from one destination to another, and here are ${destinations}: expected 2`)
  let before = 0
  for (const [index, step] of steps.entries()) {
    const at = findings.at('steps', index)
    if (step.pause !== undefined) at.at('pause').check(checkDuration(step.pause))
    else if (index < steps.length - 1) at.error('"pause" is missing: expected how long the step lasts', { code: 'missing-field' })
    if (step.weight <= before && index > 0)
      at.at('weight').error(`${step.weight} is not above ${before}, the step before: expected more`)
    before = step.weight
  }
}
