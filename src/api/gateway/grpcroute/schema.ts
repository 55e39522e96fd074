/** GRPCRoute: which gRPC calls go where. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy } from '../../schema/list-types.ts'
import { message } from '../../schema/message.ts'
import { HeaderFilter, RequestMirror, unionRules } from '../httproute/filters.ts'
import { HttpHeaderMatch, ValueMatch } from '../httproute/schema.ts'
import { SessionPersistence } from '../httproute/session.ts'
import { backendRefFields, backendRefRules, commonRouteFields, LocalObjectReference } from '../references.ts'
import { hostname, objectName, sectionName } from '../values.ts'

export const GrpcMethodMatch = message(
  {
    type: ValueMatch,
    service: Type.String({ maxLength: 1024, description: 'with its package: "shop.Orders"' }),
    method: Type.String({ maxLength: 1024 }),
  },
  {},
  cel(
    ['has(self.service) || has(self.method)', 'One or both of service or method must be specified'],
    [
      '(!has(self.type) || self.type == \'Exact\') && has(self.service) ? self.service.matches(r"""^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$"""): true',
      'service must only contain valid characters (matching ^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$)',
    ],
    [
      '(!has(self.type) || self.type == \'Exact\') && has(self.method) ? self.method.matches(r"""^[A-Za-z_][A-Za-z_0-9]*$"""): true',
      'method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)',
    ],
  ),
)
export type GrpcMethodMatch = Static<typeof GrpcMethodMatch>

export const GrpcRouteMatch = message({
  method: GrpcMethodMatch,
  headers: Type.Array(HttpHeaderMatch, { maxItems: 16, description: 'metadata; all of them', ...asMapBy('name') }),
})
export type GrpcRouteMatch = Static<typeof GrpcRouteMatch>

const FIELDS = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  ExtensionRef: 'extensionRef',
} as const

const filters = Type.Array(
  message(
    {
      requestHeaderModifier: HeaderFilter,
      responseHeaderModifier: HeaderFilter,
      requestMirror: RequestMirror,
      extensionRef: LocalObjectReference,
    },
    { type: Type.Enum(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'ExtensionRef']) },
    unionRules(FIELDS),
  ),
  {
    maxItems: 16,
    ...cel(
      ["self.filter(f, f.type == 'RequestHeaderModifier').size() <= 1", 'RequestHeaderModifier filter cannot be repeated'],
      ["self.filter(f, f.type == 'ResponseHeaderModifier').size() <= 1", 'ResponseHeaderModifier filter cannot be repeated'],
    ),
  },
)

export const GrpcRouteRule = message({
  name: sectionName({ description: 'unique within the route' }),
  matches: Type.Array(GrpcRouteMatch, { maxItems: 64, description: 'any of them; default: every call' }),
  filters,
  backendRefs: Type.Array(message({ ...backendRefFields, filters }, { name: objectName() }, backendRefRules), {
    maxItems: 16,
    description: 'none: UNAVAILABLE',
  }),
  sessionPersistence: SessionPersistence,
})
export type GrpcRouteRule = Static<typeof GrpcRouteRule>

export const GrpcRouteSpec = message({
  ...commonRouteFields,
  hostnames: Type.Array(hostname(), { maxItems: 16 }),
  rules: Type.Array(GrpcRouteRule, {
    maxItems: 16,
    ...cel([
      'self.all(l1, !has(l1.name) || self.exists_one(l2, has(l2.name) && l1.name == l2.name))',
      'Rule name must be unique within the route',
    ]),
  }),
})
export type GrpcRouteSpec = Static<typeof GrpcRouteSpec>
