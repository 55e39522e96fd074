/** MZ0012: two DestinationRules of one namespace that say different things of one host; one of them wins. */
import { compareAge } from '../../../../model/age.ts'
import type { Analyzer } from '../../analyzer.ts'
import { finding } from '../../finding.ts'
import { Hosts, scopesOf, scopesOverlap } from '../../hosts.ts'
import type { Part, Resource } from '../../resource.ts'

export const destinationRuleConflicts: Analyzer = {
  name: 'mizzen.DestinationRuleConflictAnalyzer',
  description: 'DestinationRules of one host do not contradict each other',
  codes: ['MZ0012'],
  inputs: ['DestinationRule'],
  *analyze(world) {
    const hosts = new Hosts(world)
    const rules = world.resources.of('DestinationRule').filter(({ spec }) => !spec.at('workloadSelector').isSet())
    const byHost = Map.groupBy(
      rules,
      ({ namespace, spec }) => `${namespace} ${hosts.fullName(spec.at('host').text(), namespace)}`,
    )
    for (const same of byHost.values()) {
      const [winner, ...losers] = same.toSorted((a, b) => compareAge(aged(a), aged(b)))
      for (const loser of winner ? losers : []) {
        if (!winner || !scopesOverlap(scopes(winner), scopes(loser))) continue
        for (const part of contradictions(winner, loser)) {
          const message = `${winner.title} (${winner.origin.file}:${winner.origin.line}) says this of "${loser.spec.at('host').text()}" already, and is used, being older or first by name`
          yield finding('MZ0012', part, message, 'put both into one DestinationRule')
        }
      }
    }
  },
}

/** Subsets of several rules are put together; where both say the same thing the later has no effect. */
function contradictions(winner: Resource, loser: Resource): Part[] {
  const names = winner.spec
    .at('subsets')
    .items()
    .map(subset => subset.at('name').text())
  const policies = [winner, loser].map(({ spec }) => spec.at('trafficPolicy'))
  return [
    ...(policies.every(policy => policy.isSet()) ? policies.slice(1) : []),
    ...loser.spec
      .at('subsets')
      .items()
      .filter(subset => names.includes(subset.at('name').text())),
  ]
}

function scopes({ namespace, spec }: Resource): string[] {
  return scopesOf(spec.at('exportTo').texts(), namespace)
}

function aged({ root, namespace, name }: Resource) {
  return { created: root.at('metadata', 'creationTimestamp').text(), namespace, name }
}
