/** MZ0007: weights are relative and need no sum; those that nearly make 100 were meant as percentages and are others. */
import type { Analyzer } from '../../analyzer.ts'
import { finding } from '../../finding.ts'

/** How far from 100 a sum may be to be taken for a mistake: 50 and 40, not 1 and 9. */
const NEAR = 20

export const weights: Analyzer = {
  name: 'mizzen.WeightAnalyzer',
  description: 'weights that look like percentages add up to 100',
  codes: ['MZ0007'],
  inputs: ['VirtualService'],
  *analyze({ resources }) {
    for (const { spec } of resources.of('VirtualService')) {
      const rules = ['http', 'tls', 'tcp'].flatMap(kind => spec.at(kind).items())
      for (const route of rules.map(rule => rule.at('route'))) {
        const given = route.items().map(entry => entry.at('weight').number() ?? 0)
        const sum = given.reduce((all, weight) => all + weight, 0)
        if (given.length < 2 || sum === 100 || Math.abs(sum - 100) > NEAR) continue
        const shares = given.map(weight => `${((weight / sum) * 100).toFixed(1)} %`).join(', ')
        const message = `The weights ${given.join(', ')} add up to ${sum}, so the destinations get ${shares}`
        yield finding('MZ0007', route, message, 'write weights that add up to 100')
      }
    }
  },
}
