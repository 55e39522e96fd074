/** IST0144: what runs as the proxy's user is not captured: its traffic would go round the proxy. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'
import { containersOf, isControlPlane, PROXY, podsOf, templateOf } from '../workloads.ts'

const PROXY_UID = 1337
/** Made by injection beside the proxy. */
const OWN_CONTAINERS = [PROXY, 'istio-init', 'istio-validation', 'enable-core-dump']

export const applicationUid: Analyzer = {
  name: 'applicationUID.Analyzer',
  description: "no application runs as the proxy's user",
  codes: ['IST0144'],
  inputs: ['Pod', 'Deployment'],
  *analyze(world) {
    const workloads = [...podsOf(world), ...world.resources.of('Deployment').map(templateOf)]
    for (const { of, spec } of workloads) {
      if (isControlPlane(of)) continue
      const containers = containersOf(spec).filter(container => !OWN_CONTAINERS.includes(container.at('name').text()))
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
