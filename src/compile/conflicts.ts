/** Objects that claim the same thing where only one can have it. */
import type { VirtualService } from '../api/registry.ts'
import type { Mesh } from '../model/mesh.ts'
import { MESH, type RouteSet } from '../model/route-set.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import type { Objects } from './objects.ts'

/** Sidecars take a host's rules from one VirtualService: the oldest. (At gateways the rules of all are used.) */
export function checkHostConflicts(objects: Objects, mesh: Mesh): Diagnostic[] {
  const byName = new Map(objects.VirtualService.map(object => [`${object.namespace}/${object.name}`, object]))
  const winners = new Map<string, RouteSet>()
  const found: Diagnostic[] = []
  for (const set of mesh.routes) {
    if (!set.attachments.includes(MESH)) continue
    set.hosts.forEach((host, i) => {
      for (const namespace of set.exportTo) {
        const key = `${namespace} ${host}`
        const winner = winners.get(key)
        const loser = byName.get(`${set.namespace}/${set.name}`)
        if (!winner) winners.set(key, set)
        else if (winner !== set && loser) found.push(conflict(loser, i, host, winner))
      }
    })
  }
  return found
}

function conflict(loser: VirtualService, index: number, host: string, winner: RouteSet): Diagnostic {
  const { object, file, line } = winner.origin
  return diagnostic(loser, ['spec', 'hosts', index], {
    code: 'IST0109',
    level: 'error',
    message: `"${host}" has rules for sidecars already: ${object} (${file}:${line})`,
    effect: 'those are used, being older or first by name, and these are not',
    fix: 'put the rules of both into one VirtualService, or let one delegate to the other',
  })
}
