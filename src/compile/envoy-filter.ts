/** EnvoyFilters (networking.istio.io): conditions into the model's words, values into Envoy's messages. A patch that cannot be read is left out. */
import type { ApplyTo } from '../api/istio/envoyfilter/messages.ts'
import type { EnvoyConfigObjectPatch, ObjectMatch } from '../api/istio/envoyfilter/schema.ts'
import type { EnvoyFilter as EnvoyFilterObject } from '../api/registry.ts'
import { remembering } from '../lib/identity-memo.ts'
import type {
  ChainMatch,
  ClusterMatch,
  EnvoyFilter,
  EnvoyPatch,
  ListenerMatch,
  PatchContext,
  PatchMatch,
  PatchOperation,
  PatchTarget,
  RoutesMatch,
} from '../model/envoy-patch.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { patchValue } from './envoy-patch-value.ts'
import { originOf } from './origin.ts'
import { compileTarget } from './policy-target.ts'

export function compileEnvoyFilter(object: EnvoyFilterObject): EnvoyFilter {
  return read(object).filter
}

export function checkEnvoyFilter(object: EnvoyFilterObject): readonly Diagnostic[] {
  return read(object).diagnostics
}

const read = remembering((object: EnvoyFilterObject) => {
  const { spec, name, creationTimestamp } = object
  const diagnostics: Diagnostic[] = []
  const patches = (spec.configPatches ?? []).flatMap((patch, i) => compilePatch(object, patch, i, diagnostics) ?? [])
  const filter: EnvoyFilter = {
    ...compileTarget(object, spec.targetRefs ? { targetRefs: spec.targetRefs } : {}),
    name,
    selector: spec.workloadSelector?.labels,
    created: creationTimestamp ?? '',
    priority: spec.priority ?? 0,
    patches,
  }
  return { filter, diagnostics }
})

type Operation = NonNullable<NonNullable<EnvoyConfigObjectPatch['patch']>['operation']>

export const TARGETS: { readonly [Name in ApplyTo]?: PatchTarget } = {
  LISTENER: 'listener',
  LISTENER_FILTER: 'listener-filter',
  FILTER_CHAIN: 'filter-chain',
  NETWORK_FILTER: 'network-filter',
  HTTP_FILTER: 'http-filter',
  ROUTE_CONFIGURATION: 'route-configuration',
  VIRTUAL_HOST: 'virtual-host',
  HTTP_ROUTE: 'route',
  CLUSTER: 'cluster',
  EXTENSION_CONFIG: 'extension-config',
}

const OPERATIONS: { readonly [Name in Operation]?: PatchOperation } = {
  MERGE: 'merge',
  MERGE_AND_REPLACE_LIST: 'merge-lists',
  ADD: 'add',
  REMOVE: 'remove',
  INSERT_BEFORE: 'insert-before',
  INSERT_AFTER: 'insert-after',
  INSERT_FIRST: 'insert-first',
  REPLACE: 'replace',
}

const CONTEXTS: Readonly<Record<string, PatchContext>> = {
  SIDECAR_INBOUND: 'inbound',
  SIDECAR_OUTBOUND: 'outbound',
  GATEWAY: 'gateway',
}

const CLASSES = { AUTHN: 'authn', AUTHZ: 'authz', STATS: 'stats', UNSPECIFIED: undefined } as const

function compilePatch(
  object: EnvoyFilterObject,
  spec: EnvoyConfigObjectPatch,
  index: number,
  diagnostics: Diagnostic[],
): EnvoyPatch | undefined {
  const path = ['spec', 'configPatches', index]
  const { applyTo = 'INVALID', match, patch = {} } = spec
  const none = (at: readonly string[], message: string) => {
    const problem = { code: 'not-yet', level: 'warning', message, effect: 'this patch changes nothing' } as const
    diagnostics.push(diagnostic(object, [...path, ...at], problem))
    return undefined
  }
  const target = TARGETS[applyTo]
  const operation = OPERATIONS[patch.operation ?? 'INVALID']
  if (!target)
    return none(['applyTo'], `a patch for ${applyTo} has no effect here: mizzen makes the bootstrap of its proxies itself`)
  if (!operation) return none(['patch'], 'a patch without an operation has no effect')
  if (match?.context === 'WAYPOINT') return none(['match', 'context'], 'there are no waypoints here')
  const value = patchValue(object, [...path, 'patch', 'value'], applyTo, patch.value ?? {}, diagnostics)
  if (!value || (operation.startsWith('merge') && value.length === 0)) return undefined
  const { proxyVersion = '', metadata = {} } = match?.proxy ?? {}
  return {
    target,
    operation,
    context: CONTEXTS[match?.context ?? 'ANY'],
    proxy: { version: proxyVersion, metadata },
    match: compileMatch(match),
    value,
    filterClass: CLASSES[patch.filterClass ?? 'UNSPECIFIED'],
    origin: originOf(object, path),
  }
}

function compileMatch({ listener, routeConfiguration, cluster }: ObjectMatch = {}): PatchMatch {
  return {
    listener: listener && listenerMatch(listener),
    routes: routeConfiguration && routesMatch(routeConfiguration),
    cluster: cluster && clusterMatch(cluster),
  }
}

function listenerMatch({
  name = '',
  portNumber = 0,
  listenerFilter = '',
  filterChain,
}: NonNullable<ObjectMatch['listener']>): ListenerMatch {
  return { name, port: portNumber, listenerFilter, chain: filterChain && chainMatch(filterChain) }
}

function chainMatch(chain: NonNullable<NonNullable<ObjectMatch['listener']>['filterChain']>): ChainMatch {
  const { name = '', sni = '', transportProtocol = '', applicationProtocols = '', destinationPort = 0, filter } = chain
  return {
    name,
    sni,
    transportProtocol,
    applicationProtocols: applicationProtocols.split(',').filter(Boolean),
    port: destinationPort,
    filter: filter?.name ?? '',
    subFilter: filter?.subFilter?.name ?? '',
  }
}

const ACTIONS = { ANY: 'any', ROUTE: 'route', REDIRECT: 'redirect', DIRECT_RESPONSE: 'direct-response' } as const

function routesMatch(spec: NonNullable<ObjectMatch['routeConfiguration']>): RoutesMatch {
  const { name = '', portNumber = 0, portName = '', gateway = '', vhost } = spec
  const route = vhost?.route && { name: vhost.route.name ?? '', action: ACTIONS[vhost.route.action ?? 'ANY'] }
  const host = vhost && { name: vhost.name ?? '', domain: vhost.domainName ?? '', route }
  return { name, port: portNumber, portName, gateway, host }
}

function clusterMatch({
  name = '',
  service = '',
  subset = '',
  portNumber = 0,
}: NonNullable<ObjectMatch['cluster']>): ClusterMatch {
  return { name, service, subset, port: portNumber }
}
