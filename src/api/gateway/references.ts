/** How objects of the Gateway API name others. */
import { type Static, Type } from 'typebox'
import { cel } from '../schema/cel.ts'
import { message } from '../schema/message.ts'
import { GATEWAY_GROUP, group, kind, namespace, objectName, portNumber, sectionName, weight } from './values.ts'

export const LocalObjectReference = message({}, { group: group(), kind: kind(), name: objectName() })
export const ObjectReference = message({ namespace: namespace() }, { group: group(), kind: kind(), name: objectName() })
export type ObjectReference = Static<typeof ObjectReference>

export const ParametersReference = message(
  { namespace: namespace() },
  { group: group(), kind: kind(), name: objectName() },
  { description: 'settings for the implementation; mizzen takes a ConfigMap for a Gateway' },
)

export const SecretObjectReference = message(
  {
    group: group({ default: '' }),
    kind: kind({ default: 'Secret' }),
    namespace: namespace({ description: 'another namespace needs a ReferenceGrant there' }),
  },
  { name: objectName() },
)
export type SecretObjectReference = Static<typeof SecretObjectReference>

export const ParentReference = message(
  {
    group: group({ default: GATEWAY_GROUP, description: '"" for a Service, whose clients in the mesh then follow the route' }),
    kind: kind({ default: 'Gateway', description: 'Gateway, ListenerSet or Service' }),
    namespace: namespace({ description: "default: the route's own" }),
    sectionName: sectionName({ description: 'a listener, or a port of the Service by name; default: all that fit' }),
    port: portNumber({ description: 'listeners (or the Service port) of this number only' }),
  },
  { name: objectName() },
)
export type ParentReference = Static<typeof ParentReference>

const SAME_PARENT =
  "(has(p1.group) ? p1.group : '') == (has(p2.group) ? p2.group : '') && p1.name == p2.name && (has(p1.kind) ? p1.kind : '') == (has(p2.kind) ? p2.kind : '') && (has(p1.__namespace__) ? p1.__namespace__ : '') == (has(p2.__namespace__) ? p2.__namespace__ : '')"

const PARENTS_DIFFER = cel(
  [
    `self.all(p1, self.all(p2, ${SAME_PARENT} ? (has(p1.sectionName) && p1.sectionName != '') == (has(p2.sectionName) && p2.sectionName != '') && (has(p1.port) && p1.port != 0) == (has(p2.port) && p2.port != 0) : true))`,
    'sectionName or port must be specified for all when parentRefs includes 2 or more references to the same parent',
  ],
  [
    "self.all(p1, self.exists_one(p2, (has(p1.group) ? p1.group : '') == (has(p2.group) ? p2.group : '') && p1.name == p2.name && (has(p1.kind) ? p1.kind : '') == (has(p2.kind) ? p2.kind : '') && (has(p1.__namespace__) ? p1.__namespace__ : '') == (has(p2.__namespace__) ? p2.__namespace__ : '') && (has(p1.sectionName) ? p1.sectionName : '') == (has(p2.sectionName) ? p2.sectionName : '') && (has(p1.port) ? p1.port : 0) == (has(p2.port) ? p2.port : 0)))",
    'sectionName or port must be specified and unique when parentRefs includes 2 or more references to the same parent',
  ],
)

/** What every route has beside its rules. */
export const commonRouteFields = {
  parentRefs: Type.Array(ParentReference, { maxItems: 32, description: 'what the route is attached to', ...PARENTS_DIFFER }),
  useDefaultGateways: Type.Enum(['All', 'None'], { description: 'experimental; has no effect here' }),
}

const PORT_OF_SERVICE = cel([
  "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
  'Must have port for Service reference',
])

const backendFields = {
  group: group({ default: '' }),
  kind: kind({ default: 'Service', description: 'Service; Hostname (networking.istio.io) for any host the mesh knows' }),
  namespace: namespace({ description: 'another namespace needs a ReferenceGrant there' }),
  port: portNumber({ description: 'of the Service, not of its pods' }),
}

export const BackendObjectReference = message(backendFields, { name: objectName() }, PORT_OF_SERVICE)
export type BackendObjectReference = Static<typeof BackendObjectReference>

export const BackendRef = message({ ...backendFields, weight: weight() }, { name: objectName() }, PORT_OF_SERVICE)
export type BackendRef = Static<typeof BackendRef>

/** For kinds whose backendRefs carry filters too. */
export const backendRefFields = { ...backendFields, weight: weight() }
export const backendRefRules = PORT_OF_SERVICE
