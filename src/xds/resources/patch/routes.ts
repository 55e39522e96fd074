/** EnvoyFilter's ROUTE_CONFIGURATION: the tables themselves, and which of their virtual hosts are looked at (hosts.ts). */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { PatchContext, RoutesMatch } from '../../../model/envoy-patch.ts'
import { RouteConfiguration } from '../../gen/envoy/config/route/v3/route.ts'
import { VirtualHost } from '../../gen/envoy/config/route/v3/route_components.ts'
import { mergeMessages } from '../../wire/merge.ts'
import type { EncodedResource } from '../../wire/resource.ts'
import { concatenated, type Encoder, repeatedField } from '../encoded.ts'
import { HTTP_PROXY_ROUTES, parseSubsetKey } from '../names.ts'
import { addedHosts, type HostPatches, patchesForHosts, patchHost } from './hosts.ts'
import { isMerge } from './merge.ts'
import { hasPatches, patchesOf, type Scene } from './scene.ts'

const TYPE = 'envoy.config.route.v3.RouteConfiguration'
const VIRTUAL_HOSTS_FIELD = 2

export const ROUTE_TARGETS = ['route-configuration', 'virtual-host', 'route'] as const

export function patchTable(scene: Scene, encoder: Encoder, resource: EncodedResource): EncodedResource {
  const context = scene.kind === 'gateway' ? 'gateway' : 'outbound'
  const bytes = patchTableBytes(scene, context, resource.name, resource.bytes)
  return bytes === resource.bytes ? resource : encoder.fromBytes(resource.name, bytes)
}

/** A table inside a listener. */
export function patchInlineTable(scene: Scene, context: PatchContext, table: RouteConfiguration): RouteConfiguration {
  if (!hasPatches(scene, ROUTE_TARGETS)) return table
  return RouteConfiguration.decode(patchTableBytes(scene, context, table.name, RouteConfiguration.encode(table).finish()))
}

/** A virtual host as a resource of its own: "table/name". @returns undefined: it is removed */
export function patchHostResource(scene: Scene, encoder: Encoder, resource: EncodedResource): EncodedResource | undefined {
  const [table = ''] = resource.name.split('/', 1)
  const context = scene.kind === 'gateway' ? 'gateway' : 'outbound'
  const patches = patchesForHosts(scene, context, tableNamed(scene, context, table))
  const host = resource.name.slice(table.length + 1)
  const bytes = patches && patchHost(patches, host, resource.bytes)
  if (bytes === undefined || bytes === resource.bytes) return patches ? bytes && resource : resource
  const named = VirtualHost.encode(VirtualHost.fromPartial({ name: resource.name })).finish()
  return encoder.fromBytes(resource.name, concatenated(bytes, named))
}

function patchTableBytes(scene: Scene, context: PatchContext, name: string, bytes: Uint8Array): Uint8Array {
  const named = tableNamed(scene, context, name)
  let table = bytes
  for (const patch of patchesOf(scene, 'route-configuration', context)) {
    if (!isMerge(patch) || !named.applies(patch.match.routes)) continue
    table = mergeMessages(TYPE, table, patch.value, patch.operation === 'merge-lists' ? 'replace' : 'append')
  }
  const patches = patchesForHosts(scene, context, named)
  return patches ? patchHosts(patches, table) : table
}

/** Only the virtual hosts that patches may change are read. */
function patchHosts(patches: HostPatches, table: Uint8Array): Uint8Array {
  const { rest, hosts } = splitHosts(table)
  const patched = hosts.flatMap(bytes => patchHost(patches, nameOf(bytes), bytes) ?? [])
  return concatenated(rest, repeatedField(VIRTUAL_HOSTS_FIELD, [...patched, ...addedHosts(patches)]))
}

function splitHosts(table: Uint8Array): { rest: Uint8Array; hosts: Uint8Array[] } {
  const reader = new BinaryReader(table)
  const rest: Uint8Array[] = []
  const hosts: Uint8Array[] = []
  while (reader.pos < reader.len) {
    const start = reader.pos
    const [field, wire] = reader.tag()
    if (field === VIRTUAL_HOSTS_FIELD) hosts.push(reader.bytes())
    else {
      reader.skip(wire, field)
      rest.push(table.subarray(start, reader.pos))
    }
  }
  return { rest: rest.reduce(concatenated, new Uint8Array()), hosts }
}

/** VirtualHost.name, which is its first field. */
function nameOf(host: Uint8Array): string {
  const reader = new BinaryReader(host)
  let name = ''
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1 && wire === WireType.LengthDelimited) name = reader.string()
    else reader.skip(wire, field)
  }
  return name
}

function tableNamed(scene: Scene, context: PatchContext, name: string) {
  const applies = (match: RoutesMatch | undefined) => matchesTable(scene, context, match, name)
  return { everyPort: name === HTTP_PROXY_ROUTES, applies }
}

/** Conditions on the table; that on the port of a table that serves all ports is its hosts'. */
function matchesTable(scene: Scene, context: PatchContext, match: RoutesMatch | undefined, name: string): boolean {
  if (!match) return true
  if (match.name && match.name !== name) return false
  if (context === 'gateway') return matchesGatewayTable(scene, match, name)
  if (!match.port || name === HTTP_PROXY_ROUTES) return true
  return match.port === portOfTable(scene, name)
}

/** As in Istio a table for one service on its own address has no port; where ports are assigned, its name is all there is to tell. */
function portOfTable(scene: Scene, name: string): number | undefined {
  if (name.startsWith('inbound|')) return parseSubsetKey(name)?.port
  return Number(scene.assigned ? name.slice(name.lastIndexOf(':') + 1) : name)
}

/** "http.80", "https.443.https.gateway.namespace"; an address may follow. */
function matchesGatewayTable(scene: Scene, match: RoutesMatch, name: string): boolean {
  const [, number = '', ...rest] = name.replace(/(?:\.\d+){4}$/, '').split('.')
  const port = Number(number)
  const [namespace = '', gateway = ''] = rest.toReversed()
  const portName = rest.slice(0, -2).join('.')
  if (match.port && match.port !== port && !scene.meant.get(port)?.includes(match.port)) return false
  if (match.portName && match.portName !== portName) return false
  return !match.gateway || match.gateway === `${namespace}/${gateway}`
}
