/** Rules for DestinationRule: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkDnsLabel, checkWildcardDomain } from '../../values/dns.ts'
import { checkLabels, checkSelector } from '../../values/labels.ts'
import { checkExportTo } from '../export-to.ts'
import type { DestinationRuleSpec } from './schema.ts'
import { checkTrafficPolicy } from './traffic-policy.ts'

export function validateDestinationRule(
  object: ConfigObject<'DestinationRule', string, DestinationRuleSpec>,
  findings: Findings,
): void {
  const { spec, namespace } = object
  const at = findings.at('spec')
  at.at('host').check(checkWildcardDomain(spec.host))
  checkTrafficPolicy(spec.trafficPolicy, namespace, at.at('trafficPolicy'))
  const names = new Set<string>()
  for (const [index, subset] of (spec.subsets ?? []).entries()) {
    const atSubset = at.at('subsets', index)
    atSubset.at('name').check(checkDnsLabel(subset.name, 'the name of a subset'))
    if (names.has(subset.name)) atSubset.at('name').warning(`there are two subsets "${subset.name}": the first one is used`)
    names.add(subset.name)
    checkLabels(subset.labels, atSubset.at('labels'))
    checkTrafficPolicy(subset.trafficPolicy, namespace, atSubset.at('trafficPolicy'))
  }
  const ownOnly = spec.workloadSelector && `with a workloadSelector it applies to its own namespace only: expected "."`
  checkExportTo(spec.exportTo, namespace, at.at('exportTo'), { ownOnly })
  if (spec.workloadSelector) checkSelector(spec.workloadSelector.matchLabels, at.at('workloadSelector', 'matchLabels'))
}
