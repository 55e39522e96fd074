/**
 * Route tables of sidecars whose traffic is redirected to them, as resources: with all their virtual hosts inside, or for proxies that take
 * them (VHDS) with the virtual hosts apart, so that a changed rule sends one of them and not the table.
 */

import { builtIn } from '../../model/origin.ts'
import type { EgressScope } from '../../model/scope.ts'
import type { Service } from '../../model/service.ts'
import { ConfigSource } from '../gen/envoy/config/core/v3/config_source.ts'
import { Route } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { resolveDestination } from './destination.ts'
import type { Encoder } from './encoded.ts'
import { timeouts } from './http-route.ts'
import { PASSTHROUGH, serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { type OutboundTable, type OutboundTables, ownHost, type SharedTable } from './outbound-tables.ts'
import { EVERY_REQUEST } from './route-match.ts'
import type { View } from './view.ts'
import { type EncodedHost, encodeHost, hostResource, routeTable } from './virtual-host.ts'

/** Envoy's default for outbound tables: the host is matched without its port, since a table belongs to a port. */
const OUTBOUND = { ignorePortInHostMatching: true }
const ADS = ConfigSource.fromPartial({ configSourceSpecifier: { $case: 'ads', value: {} }, resourceApiVersion: 2 })
const OPEN = { ...OUTBOUND, vhds: { configSource: ADS } }

/** Tables with everything in them. */
export function wholeTables({ view, tables }: OutboundTables, encoder: Encoder): EncodedResource[] {
  return tables.map(table => routeTable(encoder, table.name, [...table.hosts, ...others(view, table)], OUTBOUND))
}

/** Tables without what virtualHosts() has. */
export function openTables({ view, tables }: OutboundTables, encoder: Encoder): EncodedResource[] {
  return tables.map(table =>
    isOpen(table)
      ? routeTable(encoder, table.name, others(view, table), OPEN)
      : routeTable(encoder, table.name, [...table.hosts, ...others(view, table)], OUTBOUND),
  )
}

/** The virtual hosts of tables that many share. */
export function virtualHosts({ tables }: OutboundTables, encoder: Encoder): EncodedResource[] {
  return tables.filter(isOpen).flatMap(table => hostResources(table, encoder))
}

interface HostResources {
  readonly encoder: Encoder
  readonly hosts: readonly EncodedHost[]
  readonly resources: readonly EncodedResource[]
}

/** The last of each table, which from one state of the mesh to the next keeps its list of services: of ten thousand hosts mostly one changes. */
const lasts = new WeakMap<object, HostResources>()

function hostResources(table: SharedTable, encoder: Encoder): readonly EncodedResource[] {
  const { name, services, hosts } = table
  const last = lasts.get(services)
  const before = last?.encoder === encoder && last.hosts.length === hosts.length ? last : undefined
  if (before?.hosts === hosts) return before.resources
  const resources = hosts.map(
    (host, i) => (before?.hosts[i] === host ? before.resources[i] : undefined) ?? hostResource(encoder, name, host),
  )
  lasts.set(services, { encoder, hosts, resources })
  return resources
}

/** A client waits for the first virtual host of a table. */
function isOpen(table: OutboundTable): table is SharedTable {
  return table.kind === 'shared' && table.hosts.length > 0
}

/** The table of one service port, for an address that leads to it alone. */
export function ownTable(view: View, encoder: Encoder, egress: EgressScope, service: Service, port: number): EncodedResource {
  return routeTable(encoder, serviceRoutes(service.hostname, port), [ownHost(view, egress, service, port)], OUTBOUND)
}

function others(view: View, table: OutboundTable): EncodedHost[] {
  return table.kind === 'shared' ? [catchAll(view, table.port)] : []
}

/** Requests to hosts that nobody knows: on to where they were going, or 502. */
function catchAll(view: View, port: number): EncodedHost {
  if (view.scope.outboundPolicy === 'registry-only') return BLOCK_ALL
  const proxy = view.scope.egressProxy
  const cluster = proxy ? resolveDestination(view, proxy, port).cluster : PASSTHROUGH
  return encodeHost({
    name: 'allow_any',
    domains: ['*'],
    routes: [
      Route.fromPartial({
        name: 'allow_any',
        match: EVERY_REQUEST,
        metadata: originWithLine(builtIn('outboundTrafficPolicy ALLOW_ANY')),
        action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: cluster }, ...timeouts(view, 0) } },
      }),
    ],
  })
}

export const BLOCK_ALL = encodeHost({
  name: 'block_all',
  domains: ['*'],
  routes: [
    Route.fromPartial({
      name: 'block_all',
      match: EVERY_REQUEST,
      metadata: originWithLine(builtIn('outboundTrafficPolicy REGISTRY_ONLY')),
      action: { $case: 'directResponse', value: { status: 502 } },
    }),
  ],
})
