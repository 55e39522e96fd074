/** Route tables of gateways: for each host the rules of all route sets that are attached, oldest first, and redirects to HTTPS. */

import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { PlacedServer } from '../../model/gateway-ports.ts'
import { hostsForNamespace, intersectHosts } from '../../model/host.ts'
import type { Origin } from '../../model/origin.ts'
import { gatewayRoutes, visibleRoutes } from '../../model/route-lookup.ts'
import type { RouteSet } from '../../model/route-set.ts'
import { Route, VirtualHost_TlsRequirementType as TlsRequirement } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Encoder } from './encoded.ts'
import { httpRoutes } from './http-route.ts'
import { serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { hostRetry } from './retry.ts'
import { isCatchAll } from './route-match.ts'
import type { View } from './view.ts'
import { clientKey, destinationInputs, type EncodedHost, encodeHost, routeTable } from './virtual-host.ts'

/** What a host's virtual host is made of. */
interface HostParts {
  readonly host: string
  readonly port: number
  readonly origin: Origin
  readonly sets: { readonly set: RouteSet; readonly gateway: string }[]
  redirect: boolean
  /** Another server's: requests for it came over the wrong connection. */
  misdirected: boolean
}

export function gatewayName({ gateway }: PlacedServer): string {
  return `${gateway.namespace}/${gateway.name}`
}

/** The route sets attached to a server's gateway that this proxy may see. */
export function attachedRoutes(view: View, server: PlacedServer): readonly RouteSet[] {
  return gatewayRoutes(visibleRoutes(view.routes, view.namespace), gatewayName(server))
}

/** @param port of the listener, for the name of the table that has no hosts */
export function gatewayTable(
  view: View,
  encoder: Encoder,
  name: string,
  port: number,
  servers: readonly PlacedServer[],
): EncodedResource {
  const parts = new Map<string, HostParts>()
  for (const server of servers) collect(view, server, parts)
  const hosts = [...parts.values()].map(part => hostOf(view, part))
  return routeTable(encoder, name, hosts.length > 0 ? hosts : [noRoutes(port)], { ignorePortInHostMatching: true })
}

function collect(view: View, placed: PlacedServer, parts: Map<string, HostParts>): void {
  const { server, hosts } = placed
  const at = (host: string, origin: Origin): HostParts => {
    const part = parts.get(host) ?? { host, port: server.port, origin, sets: [], redirect: false, misdirected: false }
    parts.set(host, part)
    return part
  }
  for (const set of attachedRoutes(view, placed)) {
    if (set.http.length === 0) continue
    for (const host of intersectHosts(set.hosts, hostsForNamespace(hosts, set.namespace))) {
      const { sets } = at(host, set.origin)
      if (!sets.some(entry => entry.set === set)) sets.push({ set, gateway: gatewayName(placed) })
    }
  }
  if (server.elsewhere) collectElsewhere(placed, server.elsewhere, parts, at)
  if (server.isolated) for (const { host } of hosts) at(host, server.origin)
  if (server.tls?.httpsRedirect) for (const { host } of hosts) at(host, server.origin).redirect = true
}

/** Its own hosts answer 404 where they have no rules, also within a wider one of another server. */
function collectElsewhere(
  { server, hosts }: PlacedServer,
  elsewhere: readonly string[],
  parts: ReadonlyMap<string, HostParts>,
  at: (host: string, origin: Origin) => HostParts,
): void {
  for (const { host } of hosts) at(host, server.origin)
  for (const host of elsewhere) if (!parts.has(host)) at(host, server.origin).misdirected = true
}

/** 421: the client is to ask again over a connection of its own (RFC 9110, 15.5.20). */
const MISDIRECTED = Route.fromPartial({
  match: { pathSpecifier: { $case: 'prefix', value: '/' } },
  action: { $case: 'directResponse', value: { status: 421 } },
})

const memo = new IdentityMemo<EncodedHost>()

function hostOf(view: View, { host, port, origin, sets, redirect, misdirected }: HostParts): EncodedHost {
  const objects = sets.flatMap(({ set }) => [set, ...destinationInputs(view, set)])
  const clients = sets.map(({ set, gateway }) => `${gateway} ${clientKey(view, set)}`).join()
  const rest = [clients, host, port, redirect, misdirected]
  return memo.get([view.settings, origin, ...objects, ...rest], () =>
    encodeHost({
      name: serviceRoutes(host, port),
      domains: [host],
      routes: misdirected
        ? [MISDIRECTED]
        : catchAllsLast(sets.flatMap(({ set, gateway }) => httpRoutes(view, set, { attachment: gateway, port }))),
      requireTls: redirect ? TlsRequirement.ALL : TlsRequirement.NONE,
      metadata: originWithLine(origin),
      retryPolicy: hostRetry(view),
    }),
  )
}

/** A rule for every request must not hide the rules of younger objects; of several, the first is the one that counts. */
function catchAllsLast(routes: readonly Route[]): Route[] {
  const isLast = (route: Route) => route.match !== undefined && isCatchAll(route.match)
  return [...routes.filter(route => !isLast(route)), ...routes.filter(isLast).slice(0, 1)]
}

/** A port whose hosts nobody has rules for answers 404. */
function noRoutes(port: number): EncodedHost {
  return encodeHost({ name: `blackhole:${port}`, domains: ['*'], routes: [] })
}
