/** IST0149: routing by a JWT claim needs a RequestAuthentication on the gateway's pods, which is what makes claims known. */
import { hasLabels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { gatewayKey, gatewaysOf } from '../destinations.ts'
import { finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { selectedBy, type Workload, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'

const CLAIM = /^@request\.auth\.claims[.[]/i

export const jwtClaimRoutes: Analyzer = {
  name: 'virtualservice.JWTClaimRouteAnalyzer',
  description: 'routes by JWT claims have a RequestAuthentication on the gateway',
  codes: ['IST0149'],
  inputs: ['VirtualService', 'Gateway', 'RequestAuthentication', 'Pod'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    for (const object of world.resources.of('VirtualService')) {
      const key = claimHeader(object)
      if (!key) continue
      for (const name of gatewaysOf(object)) {
        const [namespace = '', gatewayName = ''] = gatewayKey(name, object.namespace).split('/')
        const gateway = world.resources.find('Gateway', namespace, gatewayName)
        const selector = gateway?.spec.at('selector').labels() ?? {}
        for (const pod of gateway ? selectedBy(selector, workloads) : []) {
          if (isAuthenticated(pod, world)) continue
          const message = `The virtual service uses the JWT claim based routing (key: ${key.text}) but found no request authentication for the gateway (${name}) pod (${pod.of.name}). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.`
          yield finding('IST0149', key.part, message, `create a RequestAuthentication that selects the pods of gateway "${name}"`)
        }
      }
    }
  },
}

function claimHeader({ spec }: Resource) {
  const matches = spec
    .at('http')
    .items()
    .flatMap(rule => rule.at('match').items())
  for (const match of matches) {
    for (const field of ['headers', 'withoutHeaders']) {
      for (const [text, part] of match.at(field).entries()) if (CLAIM.test(text)) return { text, part }
    }
  }
  return undefined
}

function isAuthenticated(pod: Workload, world: World): boolean {
  return world.resources
    .of('RequestAuthentication')
    .some(
      ({ namespace, spec }) =>
        (namespace === world.rootNamespace || namespace === pod.namespace) &&
        hasLabels(pod.labels, spec.at('selector', 'matchLabels').labels()),
    )
}
