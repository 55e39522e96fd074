/** EnvoyFilter's HTTP_FILTER and EXTENSION_CONFIG: the filters inside a connection manager. */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'
import { TypedExtensionConfig } from '../../gen/envoy/config/core/v3/extension.ts'
import { HttpFilter } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { type FilterKind, patchFilters } from './filters.ts'
import { namedSubFilter } from './listener-match.ts'

const KIND: FilterKind<HttpFilter> = {
  type: 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  codec: HttpFilter,
  named: namedSubFilter,
  end: (filters, { filterClass }) => {
    const before = filterClass === undefined ? [] : BEFORE[filterClass]
    const at = filters.findIndex(({ name }) => before.includes(name) || name === ROUTER)
    return at < 0 ? filters.length : at
  },
}

const ROUTER = 'envoy.filters.http.router'
/** By class: what the filter must go before. All go before the router, which ends the chain. */
const BEFORE: Readonly<Record<NonNullable<EnvoyPatch['filterClass']>, readonly string[]>> = {
  authn: ['envoy.filters.http.rbac', 'envoy.filters.http.fault', 'envoy.filters.http.cors'],
  authz: ['envoy.filters.http.fault', 'envoy.filters.http.cors'],
  stats: [],
}

/**
 * @param patches that are for this connection manager
 * @param configs which filters may ask for by name; nobody serves them apart (ECDS), so they are put in where they are asked for
 */
export function patchHttpFilters(
  filters: readonly HttpFilter[],
  patches: readonly EnvoyPatch[],
  configs: readonly EnvoyPatch[],
): HttpFilter[] {
  const known = new Map(configs.map(patch => TypedExtensionConfig.decode(patch.value)).map(entry => [entry.name, entry]))
  return patchFilters(KIND, filters, patches).map(filter => {
    const config = filter.configType?.$case === 'configDiscovery' ? known.get(filter.name)?.typedConfig : undefined
    return config ? { ...filter, configType: { $case: 'typedConfig', value: config } } : filter
  })
}
