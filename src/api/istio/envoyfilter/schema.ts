/** EnvoyFilter (networking.istio.io): changes to what Envoy is given, made after everything else. */
import { type Static, Type } from 'typebox'
import { cel, described, exclusive, int32, mapOf, message, struct, uint32 } from '../../schema/message.ts'
import { policyTargetFields } from '../policy-target.ts'
import { LabelSelector } from '../selector.ts'
import { ListenerMatch, NamedFilter, RouteConfigurationMatch } from './match-schema.ts'

const ClusterMatch = message({
  portNumber: uint32({ description: "the service's port" }),
  service: Type.String({ description: 'full name of the service' }),
  subset: Type.String({ description: 'subset of the service' }),
  name: Type.String({ description: 'name of the cluster; then nothing else is compared' }),
})

const WaypointMatch = message({
  filter: described('a filter of the chain', NamedFilter),
  portNumber: uint32({ description: "the service's port", ...cel('expected a port of 1 to 65535', '0 < self && self <= 65535') }),
  route: message({ name: Type.String({ description: 'name of the route' }) }, {}, { description: 'a route' }),
})

const ObjectMatch = message(
  {
    context: Type.Enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'], {
      default: 'ANY',
      description: 'which side of which kind of proxy',
    }),
    proxy: message(
      {
        proxyVersion: Type.String({ description: "regular expression (RE2) on the proxy's version" }),
        metadata: mapOf(Type.String(), { description: "entries that must stand in the proxy's metadata" }),
      },
      {},
      { description: 'which proxies' },
    ),
    listener: described('which listener, filter chain or filter', ListenerMatch),
    routeConfiguration: described('which route configuration, virtual host or route', RouteConfigurationMatch),
    cluster: described('which cluster', ClusterMatch),
    waypoint: described('which part of a waypoint; with context WAYPOINT only', WaypointMatch),
  },
  {},
  {
    ...exclusive(['listener', 'routeConfiguration', 'cluster', 'waypoint']),
    ...cel(
      'waypoint is for the context WAYPOINT, which in turn takes nothing else',
      "(has(self.context) && self.context == 'WAYPOINT') == has(self.waypoint)",
    ),
  },
)
export type ObjectMatch = Static<typeof ObjectMatch>

const operations = [
  'INVALID',
  'MERGE',
  'ADD',
  'REMOVE',
  'INSERT_BEFORE',
  'INSERT_AFTER',
  'INSERT_FIRST',
  'REPLACE',
  'MERGE_AND_REPLACE_LIST',
] as const

const Patch = message({
  operation: Type.Enum(operations, { description: 'what is done with the value' }),
  value: struct({ description: "the object, or a part of it, in the JSON form of Envoy's API" }),
  filterClass: Type.Enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], {
    default: 'UNSPECIFIED',
    description: "with ADD: the place among the mesh's own filters",
  }),
})
export type Patch = Static<typeof Patch>

const targets = [
  'INVALID',
  'LISTENER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
  'EXTENSION_CONFIG',
  'BOOTSTRAP',
  'LISTENER_FILTER',
] as const

export const EnvoyConfigObjectPatch = message({
  applyTo: Type.Enum(targets, { description: 'the kind of object that is changed' }),
  match: described('which objects of that kind; default: all', ObjectMatch),
  patch: described('the change', Patch),
})
export type EnvoyConfigObjectPatch = Static<typeof EnvoyConfigObjectPatch>

export const EnvoyFilterSpec = message(
  {
    workloadSelector: described('the workloads whose proxies are changed; absent: all of the namespace', LabelSelector),
    targetRefs: policyTargetFields.targetRefs,
    configPatches: Type.Array(EnvoyConfigObjectPatch, { description: 'the changes, made in this order' }),
    priority: int32({ default: 0, description: 'the lowest goes first; the root namespace goes before others' }),
  },
  {},
  cel('workloadSelector and targetRefs exclude each other', '!has(self.workloadSelector) || !has(self.targetRefs)'),
)
export type EnvoyFilterSpec = Static<typeof EnvoyFilterSpec>
