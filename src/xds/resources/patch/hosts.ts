/** EnvoyFilter's VIRTUAL_HOST and HTTP_ROUTE. */
import type { EnvoyPatch, HostMatch, PatchContext, RoutesMatch } from '../../../model/envoy-patch.ts'
import { Route, VirtualHost } from '../../gen/envoy/config/route/v3/route_components.ts'
import { patchList } from './list.ts'
import { markAdded, markMerged } from './mark.ts'
import { isMerge, mergePatch } from './merge.ts'
import { patchesOf, type Scene } from './scene.ts'

const HOST_TYPE = 'envoy.config.route.v3.VirtualHost'
const ROUTE_TYPE = 'envoy.config.route.v3.Route'

/** Those for the virtual hosts of one table. */
export interface HostPatches {
  readonly hosts: readonly EnvoyPatch[]
  readonly routes: readonly EnvoyPatch[]
  /** The table serves all ports, so that only its hosts tell theirs. */
  readonly everyPort: boolean
}

/** @returns undefined: there are none */
export function patchesForHosts(
  scene: Scene,
  context: PatchContext,
  table: { readonly everyPort: boolean; readonly applies: (match: RoutesMatch | undefined) => boolean },
): HostPatches | undefined {
  const { applies, everyPort } = table
  const hosts = patchesOf(scene, 'virtual-host', context).filter(({ match }) => applies(match.routes))
  const routes = patchesOf(scene, 'route', context).filter(({ match }) => applies(match.routes))
  return hosts.length + routes.length > 0 ? { hosts, routes, everyPort } : undefined
}

export function addedHosts({ hosts }: HostPatches): Uint8Array[] {
  return hosts
    .filter(patch => patch.operation === 'add')
    .map(patch => VirtualHost.encode(markAdded(VirtualHost.decode(patch.value), patch, 'with-line')).finish())
}

/** @param name of the host @returns undefined: it is removed */
export function patchHost({ hosts, routes, everyPort }: HostPatches, name: string, bytes: Uint8Array): Uint8Array | undefined {
  const ofHost = hosts.filter(({ operation, match }) => operation !== 'add' && isNamed(match.routes, name, everyPort))
  const ofRoutes = routes.filter(({ match }) => isNamed(match.routes, name, everyPort))
  if (ofHost.length + ofRoutes.length === 0) return bytes
  let host: VirtualHost = { ...VirtualHost.decode(bytes), name }
  let changed = false
  for (const patch of ofHost) {
    if (!hasDomain(patch.match.routes?.host, host)) continue
    if (patch.operation === 'remove') return undefined
    if (patch.operation === 'replace') host = markAdded(VirtualHost.decode(patch.value), patch, 'with-line')
    else if (isMerge(patch)) host = markMerged(mergePatch(HOST_TYPE, VirtualHost, host, patch), patch)
    changed = true
  }
  const applying = ofRoutes.filter(({ match }) => hasDomain(match.routes?.host, host))
  if (applying.length > 0) {
    host = { ...host, routes: [...insertRoutes(applying, changeRoutes(applying, host.routes))] }
    changed = true
  }
  return changed ? VirtualHost.encode(host).finish() : bytes
}

/** Changes and removals go before anything is added: what a patch adds is not changed by others. */
function changeRoutes(patches: readonly EnvoyPatch[], routes: readonly Route[]): Route[] {
  return routes.flatMap(original => {
    let route = original
    for (const patch of patches) {
      if (!isRoute(patch, route)) continue
      if (patch.operation === 'remove') return []
      if (isMerge(patch)) route = markMerged(mergePatch(ROUTE_TYPE, Route, route, patch), patch)
    }
    return [route]
  })
}

function insertRoutes(patches: readonly EnvoyPatch[], routes: readonly Route[]): readonly Route[] {
  return patches.reduce<readonly Route[]>((list, patch) => {
    if (patch.operation === 'remove' || patch.operation === 'replace') return list
    const meant = patch.match.routes?.host?.route && ((route: Route) => isRoute(patch, route))
    const value = () => markAdded(Route.decode(patch.value), patch, 'with-line')
    return patchList(list, { patch, value, meant, firstOnlyIfMeant: true })
  }, routes)
}

const ACTIONS: Readonly<Record<string, NonNullable<Route['action']>['$case']>> = {
  route: 'route',
  redirect: 'redirect',
  'direct-response': 'directResponse',
}

function isRoute({ match }: EnvoyPatch, route: Route): boolean {
  const { name = '', action = 'any' } = match.routes?.host?.route ?? {}
  return (name === '' || name === route.name) && (action === 'any' || ACTIONS[action] === route.action?.$case)
}

function isNamed(match: RoutesMatch | undefined, name: string, everyPort: boolean): boolean {
  const { port = 0, host } = match ?? {}
  if (host?.name && host.name !== name) return false
  return port === 0 || !everyPort || name.endsWith(`:${port}`)
}

function hasDomain(match: HostMatch | undefined, { domains }: VirtualHost): boolean {
  return !match?.domain || domains.includes(match.domain)
}
