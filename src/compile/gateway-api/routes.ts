/** The five kinds of route, as far as they are alike. */
import type { GRPCRoute, HTTPRoute, TCPRoute, TLSRoute, UDPRoute } from '../../api/registry.ts'
import { compareText } from '../../model/age.ts'
import type { World } from './world.ts'

export type RouteObject = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute

export function allRoutes({ objects }: World): RouteObject[] {
  return [...objects.HTTPRoute, ...objects.GRPCRoute, ...objects.TLSRoute, ...objects.TCPRoute, ...objects.UDPRoute]
}

/** Empty: all. */
export function hostnamesOf(route: RouteObject): readonly string[] {
  return 'hostnames' in route.spec ? (route.spec.hostnames ?? []) : []
}

/** The Gateway API's order: oldest first, then by "namespace/name". */
export function compareRoutes(a: RouteObject, b: RouteObject): number {
  return (
    (Date.parse(a.creationTimestamp ?? '') || 0) - (Date.parse(b.creationTimestamp ?? '') || 0) ||
    compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`)
  )
}
