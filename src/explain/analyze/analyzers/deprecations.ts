/** IST0002: fields and kinds that are still read and that nobody should write any more. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'

export const deprecations: Analyzer = {
  name: 'deprecation.FieldAnalyzer',
  description: 'nothing deprecated is used',
  codes: ['IST0002'],
  inputs: ['VirtualService', 'Sidecar', 'CustomResourceDefinition'],
  *analyze({ resources }) {
    for (const { spec } of resources.of('VirtualService')) {
      for (const rule of spec.at('http').items()) {
        const percent = rule.at('fault', 'delay', 'percent')
        if (!percent.number()) continue
        const message = 'use of HTTPRoute.fault.delay.percent is replaced by HTTPRoute.fault.delay.percentage'
        yield finding('IST0002', percent, message, `write "percentage: {value: ${percent.text()}}" instead of "percent"`)
      }
    }
    for (const { spec } of resources.of('Sidecar')) {
      const proxy = spec.at('outboundTrafficPolicy', 'egressProxy')
      if (proxy.isSet())
        yield finding(
          'IST0002',
          proxy,
          'use of OutboundTrafficPolicy.EgressProxy is ignored',
          'route through an egress gateway instead',
        )
    }
    for (const { spec } of resources.of('CustomResourceDefinition')) {
      const group = spec.at('group')
      if (group.text() !== 'rbac.istio.io') continue
      const kind = spec.at('names', 'kind').text()
      yield finding(
        'IST0002',
        group,
        `Custom resource type "rbac.istio.io ${kind}" is removed`,
        'use AuthorizationPolicy of security.istio.io',
      )
    }
  },
}
