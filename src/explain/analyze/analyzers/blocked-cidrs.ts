/** IST0175: keys of RequestAuthentications are fetched by the control plane, which should not be led to internal addresses. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import { containersOf, templateOf } from '../workloads.ts'

const VARIABLE = 'BLOCKED_CIDRS_IN_JWKS_URIS'

export const blockedCidrs: Analyzer = {
  name: 'authn.BlockedCIDRsAnalyzer',
  description: 'a control plane that fetches keys for JWTs keeps off internal addresses',
  codes: ['IST0175'],
  inputs: ['RequestAuthentication', 'Deployment'],
  *analyze({ resources }) {
    const fetching = resources.of('RequestAuthentication').filter(({ spec }) =>
      spec
        .at('jwtRules')
        .items()
        .some(rule => rule.at('jwks').text() === ''),
    )
    if (fetching.length === 0) return
    const names = fetching.map(each => each.key)
    for (const istiod of resources.of('Deployment')) {
      if (istiod.labels['app'] !== 'istiod') continue
      const variables = containersOf(templateOf(istiod).spec).flatMap(container => container.at('env').items())
      if (
        variables.some(
          each => each.at('name').text() === VARIABLE && (each.at('value').text() !== '' || each.at('valueFrom').isSet()),
        )
      )
        continue
      const message = `${names.length} RequestAuthentication resources (${names.join(', ')}) let istiod fetch keys from any address: ${VARIABLE} is not set`
      yield finding('IST0175', istiod.root, message, `set ${VARIABLE} to the address ranges that keys never come from`)
    }
  },
}
