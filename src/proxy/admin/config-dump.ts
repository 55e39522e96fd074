/**
 * GET /config_dump: what configuration the process has, in Envoy's form (envoy.admin.v3.ConfigDump). Loaded when asked for the first time: the
 * JSON form needs reflection.
 */
import { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { bytesToJson, type JsonValue } from '../../xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../../xds/wire/type-url.ts'
import type { Refusal, ResourceStore, StoredResource } from '../config/resource-store.ts'
import { redact } from './redact.ts'

type Json = { [name: string]: JsonValue }

const PREFIX = 'type.googleapis.com/envoy.admin.v3.'

export interface DumpQuery {
  /** One list only: "dynamic_listeners", "bootstrap" ... */
  readonly resource: string | undefined
  readonly includeEndpoints: boolean
  /** Only resources whose name matches. */
  readonly name: RegExp | undefined
}

export interface Dumped {
  readonly store: ResourceStore
  readonly bootstrap: Bootstrap
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly configuration: { readonly wholeTable: (name: string, table: Uint8Array) => Uint8Array }
}

/** @returns undefined: there is no list of the name that is asked for */
export function configDump({ store, bootstrap, startedAt, configuration }: Dumped, query: DumpQuery): JsonValue | undefined {
  const sections = [
    bootstrapDump(bootstrap, startedAt),
    clusterDump(store, query),
    listenerDump(store, query),
    routeDump(store, configuration, query),
  ]
  if (query.includeEndpoints || query.resource?.includes('endpoint')) sections.push(endpointDump(store, query))
  if (query.resource === undefined) return { configs: sections }
  for (const section of sections) {
    const found = section[query.resource]
    if (found !== undefined) return { configs: Array.isArray(found) ? found : [found] }
  }
  return undefined
}

function bootstrapDump(bootstrap: Bootstrap, startedAt: number): Json {
  return {
    '@type': `${PREFIX}BootstrapConfigDump`,
    bootstrap: message('envoy.config.bootstrap.v3.Bootstrap', Bootstrap.encode(bootstrap).finish()),
    last_updated: timestamp(startedAt),
  }
}

function clusterDump(store: ResourceStore, query: DumpQuery): Json {
  const { fixed, dynamic } = split(store, CLUSTER, query)
  return {
    '@type': `${PREFIX}ClustersConfigDump`,
    version_info: versionOf(dynamic),
    static_clusters: fixed.map(resource => ({
      cluster: any(CLUSTER, resource.bytes),
      last_updated: timestamp(resource.updatedAt),
    })),
    dynamic_active_clusters: [
      ...dynamic.map(resource => ({ ...state(CLUSTER, 'cluster', resource), ...errorOf(store, CLUSTER, resource.name) })),
      ...orphans(store, CLUSTER, query).map(refusal => ({ error_state: errorState(CLUSTER, refusal) })),
    ],
    dynamic_warming_clusters: [],
  }
}

function listenerDump(store: ResourceStore, query: DumpQuery): Json {
  const { fixed, dynamic } = split(store, LISTENER, query)
  return {
    '@type': `${PREFIX}ListenersConfigDump`,
    version_info: versionOf(dynamic),
    static_listeners: fixed.map(resource => ({
      listener: any(LISTENER, resource.bytes),
      last_updated: timestamp(resource.updatedAt),
    })),
    dynamic_listeners: [
      ...dynamic.map(resource => ({
        name: resource.name,
        [resource.state === 'active' ? 'active_state' : 'warming_state']: state(LISTENER, 'listener', resource),
        ...errorOf(store, LISTENER, resource.name),
      })),
      ...orphans(store, LISTENER, query).map(refusal => ({ name: refusal.name, error_state: errorState(LISTENER, refusal) })),
    ],
  }
}

/** Virtual hosts that came one by one are shown in their tables, as Envoy does. */
function routeDump(store: ResourceStore, { wholeTable }: Dumped['configuration'], query: DumpQuery): Json {
  const dynamic = split(store, ROUTE, query).dynamic.map(table => ({ ...table, bytes: wholeTable(table.name, table.bytes) }))
  return {
    '@type': `${PREFIX}RoutesConfigDump`,
    dynamic_route_configs: [
      ...dynamic.map(resource => ({ ...state(ROUTE, 'route_config', resource), ...errorOf(store, ROUTE, resource.name) })),
      ...orphans(store, ROUTE, query).map(refusal => ({ error_state: errorState(ROUTE, refusal) })),
    ],
  }
}

function endpointDump(store: ResourceStore, query: DumpQuery): Json {
  const { dynamic } = split(store, ENDPOINT, query)
  return {
    '@type': `${PREFIX}EndpointsConfigDump`,
    dynamic_endpoint_configs: [
      ...dynamic.map(resource => ({
        ...state(ENDPOINT, 'endpoint_config', resource),
        ...errorOf(store, ENDPOINT, resource.name),
      })),
      ...orphans(store, ENDPOINT, query).map(refusal => ({ error_state: errorState(ENDPOINT, refusal) })),
    ],
  }
}

function split(store: ResourceStore, type: string, { name }: DumpQuery) {
  const resources = store.all(type).filter(resource => name === undefined || name.test(resource.name))
  return { fixed: resources.filter(resource => resource.static), dynamic: resources.filter(resource => !resource.static) }
}

/** Refused resources that no accepted version exists of. */
function orphans(store: ResourceStore, type: string, { name }: DumpQuery): Refusal[] {
  return store
    .refusals(type)
    .filter(refusal => store.get(type, refusal.name) === undefined && (name === undefined || name.test(refusal.name)))
}

function state(type: string, field: string, resource: StoredResource): Json {
  return { version_info: resource.version, [field]: any(type, resource.bytes), last_updated: timestamp(resource.updatedAt) }
}

function errorOf(store: ResourceStore, type: string, name: string): Json {
  const refusal = store.refusals(type).find(found => found.name === name)
  return refusal === undefined ? {} : { error_state: errorState(type, refusal) }
}

function errorState(type: string, refusal: Refusal): Json {
  return {
    failed_configuration: any(type, refusal.bytes),
    last_update_attempt: timestamp(refusal.at),
    details: refusal.reason,
    version_info: refusal.version,
  }
}

/** Delta xDS has a version per resource: the newest speaks for all. */
function versionOf(resources: readonly StoredResource[]): string {
  return resources.toSorted((a, b) => b.updatedAt - a.updatedAt)[0]?.version ?? ''
}

function any(type: string, bytes: Uint8Array): Json {
  const json = message(type, bytes)
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? { '@type': type, ...json } : { '@type': type }
}

/** What the JSON form can't show (extensions that were skipped because they are optional) is shown as what it is. */
function message(type: string, bytes: Uint8Array): JsonValue {
  try {
    return redact(bytesToJson(type, bytes, 'proto'))
  } catch (error) {
    return { not_shown: error instanceof Error ? error.message : String(error) }
  }
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString()
}
