/** Filter chains for service ports that carry bytes: by server name and destination range where rules ask for it, else plainly. */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import { isWildcard } from '../../model/host.ts'
import type { Origin } from '../../model/origin.ts'
import { isTls } from '../../model/protocol.ts'
import { RouteIndex } from '../../model/route-lookup.ts'
import { MESH, type RouteSet, type TcpDestination } from '../../model/route-set.ts'
import type { Service, ServicePort } from '../../model/service.ts'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { policyOf, resolveDestination } from './destination.ts'
import { BLACK_HOLE, outboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { tcpProxy, tcpTo } from './tcp-proxy.ts'
import { cidrRange } from './values.ts'
import { appliesToTcp, type Place, ruleFor, type View } from './view.ts'

/** @param subnets the service's own ranges, where its listener is shared with others */
export function tcpChains(
  view: View,
  routes: readonly RouteSet[],
  service: Service,
  port: ServicePort,
  subnets: readonly string[],
  listensForOthers: boolean,
): FilterChain[] {
  const set = indexOf(setsForBytes(routes)).find(service.hostname)
  const place = { attachment: MESH, port: port.number }
  if (set && isTls(port.protocol)) {
    const chains = tlsRuleChains(view, set, place)
    if (chains.length > 0) return chains
  }
  const chains = set ? tcpRuleChains(view, set, place, subnets) : []
  if (chains.length > 0) return chains
  // The server name tells services apart where the address does not.
  const serverNames = isTls(port.protocol) && listensForOthers && subnets.length === 0 ? serverName(service.hostname) : []
  return [defaultChain(view, service, port, { subnets, serverNames })]
}

/** The sets that have rules for bytes: the same list as long as these are the same. */
export const setsForBytes = remembering((routes: readonly RouteSet[]): readonly RouteSet[] => {
  const sets = routes.filter(set => set.tcp.length > 0 || set.tls.length > 0)
  return lists.get(sets, () => sets)
})

const lists = new IdentityMemo<readonly RouteSet[]>()
const indexOf = remembering((sets: readonly RouteSet[]) => new RouteIndex(sets))

interface Conditions {
  readonly subnets: readonly string[]
  readonly serverNames: readonly string[]
}

function defaultChain(view: View, service: Service, port: ServicePort, conditions: Conditions): FilterChain {
  const cluster = outboundCluster(port.number, '', service.hostname)
  const policy = policyOf(ruleFor(view, service), port.number, '')
  return FilterChain.fromPartial({
    filterChainMatch: chainMatch(conditions),
    filters: [tcpTo(view.settings, cluster, policy)],
    metadata: originMetadata(service.origin),
  })
}

/** A chain for each condition of each rule that is for this place; none after one that takes every connection. */
export function tcpRuleChains(view: View, set: RouteSet, place: Place, subnets: readonly string[] = []): FilterChain[] {
  const chains: FilterChain[] = []
  for (const rule of set.tcp) {
    for (const match of rule.matches.length > 0 ? rule.matches : [undefined]) {
      if (match && !appliesToTcp(view, match.client, place)) continue
      const own = match && match.subnets.length > 0 ? match.subnets : subnets
      chains.push(ruleChain(view, rule.destinations, rule.origin, place, { subnets: own, serverNames: [] }))
      if (own.length === 0) return chains
    }
  }
  return chains
}

/** @param within for gateways: the server names that this server is for; narrower ones of both are used */
export function tlsRuleChains(
  view: View,
  set: RouteSet,
  place: Place,
  within?: (names: readonly string[]) => string[],
): FilterChain[] {
  const chains: FilterChain[] = []
  for (const rule of set.tls) {
    for (const match of rule.matches) {
      if (!appliesToTcp(view, match.client, place)) continue
      const names = (within ? within(match.serverNames) : match.serverNames).filter(isServerName)
      if (names.length === 0) continue
      const serverNames = names.includes('*') ? [] : names
      chains.push(ruleChain(view, rule.destinations, rule.origin, place, { subnets: match.subnets, serverNames }))
    }
  }
  return chains
}

function ruleChain(
  view: View,
  destinations: readonly TcpDestination[],
  origin: Origin,
  place: Place,
  conditions: Conditions,
): FilterChain {
  const weighted = destinations.length === 1 ? destinations : destinations.filter(destination => destination.weight > 0)
  const resolved = weighted.map(destination => ({
    ...resolveDestination(view, destination, place.port),
    ...(destination.closed ? { cluster: BLACK_HOLE } : {}),
    weight: destination.weight,
  }))
  return FilterChain.fromPartial({
    filterChainMatch: chainMatch(conditions),
    // Without any share there is nowhere to go.
    filters: [
      tcpProxy(view.settings, resolved.length > 0 ? resolved : [{ cluster: BLACK_HOLE, weight: 1 }], resolved[0]?.policy),
    ],
    metadata: originMetadata(origin),
  })
}

function chainMatch({ subnets, serverNames }: Conditions): FilterChain['filterChainMatch'] {
  if (subnets.length === 0 && serverNames.length === 0) return undefined
  return FilterChain.fromPartial({
    filterChainMatch: {
      prefixRanges: subnets.map(cidrRange),
      serverNames: serverNames.map(name => name.toLowerCase()),
      transportProtocol: serverNames.length > 0 ? 'tls' : '',
    },
  }).filterChainMatch
}

/** Envoy takes "*.x" and refuses "*x". */
function isServerName(name: string): boolean {
  return !isWildcard(name) || name === '*' || name.startsWith('*.')
}

function serverName(hostname: string): string[] {
  return hostname === '*' ? [] : [isWildcard(hostname) && !hostname.startsWith('*.') ? `*.${hostname.slice(1)}` : hostname]
}
