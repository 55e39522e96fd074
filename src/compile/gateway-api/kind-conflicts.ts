/**
 * HTTPRoutes and GRPCRoutes on one listener: of two kinds that are for the same host the older route counts, and the other is refused
 * there, as the Gateway API asks.
 */
import { intersectHosts } from '../../model/host.ts'
import type { Refusal } from './conditions.ts'
import type { ResolvedListener } from './gateways.ts'
import type { Binding } from './parents.ts'
import { compareRoutes, type RouteObject } from './routes.ts'

/** A route with one of its parents. */
export interface Attached {
  readonly route: RouteObject
  readonly binding: Binding
}

type Taken = readonly { readonly route: RouteObject; readonly hosts: readonly string[] }[]

/** The same list in the same order; bindings that lose a listener are replaced. */
export function settleKinds(attached: readonly Attached[]): Attached[] {
  const taken = new Map<ResolvedListener, Taken>()
  const settled = new Map<Attached, Binding>()
  for (const entry of [...attached].sort((a, b) => compareRoutes(a.route, b.route))) {
    const { route, binding } = entry
    if (route.kind !== 'HTTPRoute' && route.kind !== 'GRPCRoute') continue
    let refusal: Refusal | undefined
    const listeners = binding.listeners.filter(({ listener, hosts }) => {
      const others = taken.get(listener) ?? []
      const winner = others.find(other => other.route.kind !== route.kind && intersectHosts(other.hosts, hosts).length > 0)
      if (winner) refusal ??= conflictWith(winner.route, listener)
      else taken.set(listener, [...others, { route, hosts }])
      return !winner
    })
    if (refusal) settled.set(entry, { ...binding, listeners, refusal: listeners.length > 0 ? undefined : refusal })
  }
  return attached.map(entry => ({ route: entry.route, binding: settled.get(entry) ?? entry.binding }))
}

function conflictWith({ kind, namespace, name }: RouteObject, { listener }: ResolvedListener): Refusal {
  const message = `${kind} "${namespace}/${name}" is older and has hosts of this route on listener "${listener.name}": expected one kind a host`
  return { reason: 'Conflicted', message }
}
