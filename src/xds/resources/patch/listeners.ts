/** EnvoyFilter's LISTENER, LISTENER_FILTER, FILTER_CHAIN, NETWORK_FILTER and HTTP_FILTER, in Istio's order: from the outside in. */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'
import { Listener } from '../../gen/envoy/config/listener/v3/listener.ts'
import { Filter, FilterChain, ListenerFilter } from '../../gen/envoy/config/listener/v3/listener_components.ts'
import { HttpConnectionManager } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack, unpack } from '../../wire/any.ts'
import type { EncodedResource } from '../../wire/resource.ts'
import type { Encoder } from '../encoded.ts'
import { type FilterKind, patchFilters } from './filters.ts'
import { patchHttpFilters } from './http-filters.ts'
import { matchesChain, matchesListener, namedFilter, namedListenerFilter, type Subject, subjectOf } from './listener-match.ts'
import { markAdded, markMerged } from './mark.ts'
import { isMerge, mergePatch } from './merge.ts'
import { patchInlineTable } from './routes.ts'
import { patchesOf, type Scene } from './scene.ts'

const TYPES = 'envoy.config.listener.v3'
const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

const LISTENER_FILTERS: FilterKind<ListenerFilter> = {
  type: `${TYPES}.ListenerFilter`,
  codec: ListenerFilter,
  named: namedListenerFilter,
}

const NETWORK_FILTERS: FilterKind<Filter> = {
  type: `${TYPES}.Filter`,
  codec: Filter,
  named: namedFilter,
  // The last filter of a chain ends it: what is added has its turn before.
  end: filters => Math.max(0, filters.length - 1),
}

/** @returns undefined: it is removed */
export function patchListener(scene: Scene, encoder: Encoder, resource: EncodedResource): EncodedResource | undefined {
  let listener = Listener.decode(resource.bytes)
  const subject = subjectOf(scene, listener)
  const here = (target: Parameters<typeof patchesOf>[1]) =>
    patchesOf(scene, target, subject.context).filter(({ match }) => matchesListener(match.listener, subject))
  for (const patch of here('listener')) {
    if (patch.operation === 'remove') return undefined
    if (isMerge(patch)) listener = markMerged(mergePatch(`${TYPES}.Listener`, Listener, listener, patch), patch)
  }
  const patches: ChainPatches = { chains: here('filter-chain'), filters: here('network-filter'), http: here('http-filter') }
  const added = patches.chains.filter(patch => patch.operation === 'add')
  const chains = [
    ...listener.filterChains.flatMap(chain => patchChain(scene, subject, patches, chain) ?? []),
    ...added.map(patch => markAdded(FilterChain.decode(patch.value), patch, 'without-line')),
  ]
  const fallback = listener.defaultFilterChain && patchChain(scene, subject, patches, listener.defaultFilterChain)
  const listenerFilters = patchFilters(LISTENER_FILTERS, listener.listenerFilters, here('listener-filter'))
  listener = { ...listener, filterChains: chains, defaultFilterChain: fallback, listenerFilters }
  return encoder.encode(Listener, listener.name, listener)
}

/** A sidecar's listener without a context belongs to the outbound side. */
export function addedListeners(scene: Scene, encoder: Encoder): EncodedResource[] {
  const added = (scene.patches.get('listener') ?? []).filter(patch => patch.operation === 'add')
  return added.map(patch => {
    const listener = markAdded(Listener.decode(patch.value), patch, 'without-line')
    return encoder.encode(Listener, listener.name, listener)
  })
}

interface ChainPatches {
  readonly chains: readonly EnvoyPatch[]
  readonly filters: readonly EnvoyPatch[]
  readonly http: readonly EnvoyPatch[]
}

function patchChain(scene: Scene, subject: Subject, patches: ChainPatches, original: FilterChain): FilterChain | undefined {
  const matches = ({ match }: EnvoyPatch) => matchesChain(match.listener, subject, original)
  let chain = original
  for (const patch of patches.chains.filter(matches)) {
    if (patch.operation === 'remove') return undefined
    if (isMerge(patch)) chain = markMerged(mergePatch(`${TYPES}.FilterChain`, FilterChain, chain, patch), patch)
  }
  const http = patches.http.filter(matches)
  const filters = patchFilters(NETWORK_FILTERS, chain.filters, patches.filters.filter(matches))
  return { ...chain, filters: filters.map(filter => patchManager(scene, subject, http, filter)) }
}

/** A connection manager, with the route table inside it if there is one. */
function patchManager(scene: Scene, subject: Subject, patches: readonly EnvoyPatch[], filter: Filter): Filter {
  const config = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  const manager = unpack(MANAGER, HttpConnectionManager, config)
  if (!manager) return filter
  const named = patches.filter(patch => namedFilter(patch)?.(filter) !== false)
  const table = manager.routeSpecifier
  const patched: HttpConnectionManager = {
    ...manager,
    httpFilters: patchHttpFilters(manager.httpFilters, named, patchesOf(scene, 'extension-config', subject.context)),
    routeSpecifier:
      table?.$case === 'routeConfig'
        ? { $case: 'routeConfig', value: patchInlineTable(scene, subject.context, table.value) }
        : table,
  }
  return { ...filter, configType: { $case: 'typedConfig', value: pack(MANAGER, HttpConnectionManager, patched) } }
}
