/** IST0109: sidecars take the rules of a host from one VirtualService, so no two should say rules for it. */
import { compareAge } from '../../../model/age.ts'
import { hostsMatch } from '../../../model/host.ts'
import type { Analyzer } from '../analyzer.ts'
import { gatewaysOf, MESH } from '../destinations.ts'
import { finding } from '../finding.ts'
import { Hosts, scopesOf } from '../hosts.ts'
import type { Part } from '../resource.ts'
import type { World } from '../world.ts'

interface Claim {
  readonly part: Part
  readonly host: string
  readonly scope: string
}

export const meshHosts: Analyzer = {
  name: 'virtualservice.ConflictingMeshGatewayHostsAnalyzer',
  description: 'no two VirtualServices say rules for one host of the mesh',
  codes: ['IST0109'],
  inputs: ['VirtualService'],
  *analyze(world) {
    const claims = claimsOf(world)
    const byName = Map.groupBy(claims, claim => `${claim.scope} ${claim.host}`)
    const everywhere = claims.filter(claim => claim.scope === '*')
    const told = new Set<string>()
    for (const claim of claims) {
      const same = byName.get(`${claim.scope} ${claim.host}`) ?? []
      const wider = claim.scope === '*' ? [] : everywhere.filter(other => hostsMatch(other.host, claim.host))
      const objects = new Map([...same, ...wider].map(({ part }) => [part.of.key, part]))
      if (objects.size < 2) continue
      const names = [...objects.keys()].sort().join(',')
      const [winner = ''] = [...objects.values()].sort((a, b) => compareAge(aged(a), aged(b))).map(part => part.of.key)
      for (const part of objects.values()) {
        if (told.has(part.of.key)) continue
        told.add(part.of.key)
        const message = `The VirtualServices ${names} associated with mesh gateway define the same host ${claim.scope}/${claim.host} which can lead to undefined behavior. Sidecars follow ${winner}, being older or first by name. This can be fixed by merging the conflicting VirtualServices into a single resource.`
        yield finding('IST0109', part, message, 'put the rules of both into one VirtualService, or let one delegate to the other')
      }
    }
  },
}

function aged({ of }: Part) {
  return { created: of.root.at('metadata', 'creationTimestamp').text(), namespace: of.namespace, name: of.name }
}

function claimsOf(world: World): Claim[] {
  const hosts = new Hosts(world)
  return world.resources
    .of('VirtualService')
    .filter(object => gatewaysOf(object).includes(MESH))
    .flatMap(object =>
      object.spec
        .at('hosts')
        .items()
        .flatMap(part =>
          scopesOf(object.spec.at('exportTo').texts(), object.namespace).map(scope => ({
            part,
            host: hosts.fullName(part.text(), object.namespace),
            scope,
          })),
        ),
    )
}
