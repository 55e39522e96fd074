/** IST0101: a subset that a VirtualService routes to is one of a DestinationRule for that host. */
import { isSubset } from '../../../model/host.ts'
import type { Analyzer } from '../analyzer.ts'
import { destinations } from '../destinations.ts'
import { finding } from '../finding.ts'
import { Hosts } from '../hosts.ts'

export const destinationSubsets: Analyzer = {
  name: 'virtualservice.DestinationRuleAnalyzer',
  description: 'subsets that VirtualServices route to are defined by a DestinationRule',
  codes: ['IST0101'],
  inputs: ['VirtualService', 'DestinationRule'],
  *analyze(world) {
    const hosts = new Hosts(world)
    const known = world.resources.of('DestinationRule').map(object => ({
      host: hosts.fullName(object.spec.at('host').text(), object.namespace),
      subsets: object.spec
        .at('subsets')
        .items()
        .map(subset => subset.at('name').text()),
    }))
    for (const object of world.resources.of('VirtualService')) {
      for (const { part, mirror } of destinations(object)) {
        const subset = part.at('subset').text()
        const host = part.at('host').text()
        const name = hosts.fullName(host, object.namespace)
        if (subset === '' || known.some(rule => isSubset(name, rule.host) && rule.subsets.includes(subset))) continue
        const what = mirror ? 'mirror+subset in destinationrule' : 'host+subset in destinationrule'
        const message = `Referenced ${what} not found: "${host}+${subset}"`
        yield finding('IST0101', part.at('subset'), message, `add the subset "${subset}" to a DestinationRule for "${name}"`)
      }
    }
  },
}
