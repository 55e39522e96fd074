/** IST0144: what runs as the proxy's user is not captured: its traffic would go round the proxy. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'
import { isControlPlane, PROXY, podsOf, templateOf } from '../workloads.ts'

const PROXY_UID = 1337

export const applicationUid: Analyzer = {
  name: 'applicationUID.Analyzer',
  description: "no application runs as the proxy's user",
  codes: ['IST0144'],
  inputs: ['Pod', 'Deployment'],
  *analyze(world) {
    const workloads = [...podsOf(world), ...world.resources.of('Deployment').map(templateOf)]
    for (const { of, spec } of workloads) {
      if (isControlPlane(of)) continue
      // Init containers may well go round the proxy, which does not run yet: being its user is how they reach the network.
      const containers = spec
        .at('containers')
        .items()
        .filter(container => container.at('name').text() !== PROXY)
      const [wrong] = [spec, ...containers].map(userOf).filter(user => user.number() === PROXY_UID)
      if (!wrong) continue
      const message = 'User ID (UID) 1337 is reserved for the sidecar proxy.'
      yield finding('IST0144', wrong, message, 'run the application as another user: set runAsUser to another number')
    }
  },
}

function userOf(part: Part): Part {
  return part.at('securityContext', 'runAsUser')
}
