/** IST0171: what a controller wrote into an object's status, where it could not do what the object asks. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import type { KindName } from '../resources.ts'

const WAYPOINT = ['istio.io/WaypointBound']
const ROUTE = ['Accepted', 'Programmed', 'ResolvedRefs']

const LOOKED_AT = [
  { kind: 'Service', types: WAYPOINT, of: own },
  { kind: 'ServiceEntry', types: WAYPOINT, of: own },
  { kind: 'WorkloadEntry', types: WAYPOINT, of: own },
  { kind: 'AuthorizationPolicy', types: ['ZtunnelAccepted', 'WaypointAccepted'], of: own },
  { kind: 'KubernetesGateway', types: ROUTE, of: own },
  { kind: 'HTTPRoute', types: ROUTE, of: ofParents },
  { kind: 'GRPCRoute', types: ROUTE, of: ofParents },
] as const satisfies readonly { kind: KindName; types: readonly string[]; of: (object: Resource) => Part[] }[]

export const conditions: Analyzer = {
  name: 'conditions.ConditionAnalyzer',
  description: 'no controller reports that it could not follow an object',
  codes: ['IST0171'],
  inputs: LOOKED_AT.map(({ kind }) => kind),
  *analyze({ resources }) {
    for (const { kind, types, of } of LOOKED_AT) {
      for (const condition of resources.of(kind).flatMap(of)) {
        const type = condition.at('type').text()
        const reason = condition.at('reason').text()
        const negative = condition.at('status').text() === 'False' || reason === 'PartiallyInvalid'
        if (!types.some(each => each === type) || !negative) continue
        const message = `Condition "${type}" has a negative status (${reason}): ${condition.at('message').text()}`
        yield finding(
          'IST0171',
          condition,
          message,
          'correct what the condition tells, then wait until its controller has looked again',
        )
      }
    }
  },
}

function own(object: Resource): Part[] {
  return object.root.at('status', 'conditions').items()
}

function ofParents(object: Resource): Part[] {
  return object.root
    .at('status', 'parents')
    .items()
    .flatMap(parent => parent.at('conditions').items())
}
