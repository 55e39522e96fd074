/** MZ0010: a VirtualService that others are to follow is there, and is one that can be followed: without hosts. */
import type { Analyzer } from '../../analyzer.ts'
import { finding } from '../../finding.ts'

export const delegates: Analyzer = {
  name: 'mizzen.DelegateAnalyzer',
  description: 'delegates of VirtualServices exist and have no hosts',
  codes: ['MZ0010'],
  inputs: ['VirtualService'],
  *analyze({ resources }) {
    for (const object of resources.of('VirtualService')) {
      for (const part of object.spec
        .at('http')
        .items()
        .map(rule => rule.at('delegate'))) {
        const name = part.at('name').text()
        if (name === '') continue
        const namespace = part.at('namespace').text() || object.namespace
        const other = resources.find('VirtualService', namespace, name)
        if (other && other.spec.at('hosts').items().length === 0) continue
        const message = other
          ? `The delegate "${namespace}/${name}" has hosts of its own and cannot be followed`
          : `The delegate "${namespace}/${name}" does not exist`
        yield finding('MZ0010', part, message, other ? 'remove its hosts and gateways' : 'create it, or correct the name')
      }
    }
  },
}
