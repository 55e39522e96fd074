/** VirtualService (networking.istio.io): which requests to a host go where, and what happens to them on the way. */
import { type Static, Type } from 'typebox'
import { alternatives, duration, int32, mapOf, message, Percent, uint32 } from '../../schema/message.ts'
import { ExportTo, PortSelector } from '../selector.ts'

/** One of the three is set; regex is RE2 and matches the whole value; prefix is a plain string prefix, not a path segment's. */
export const StringMatch = message(
  { exact: Type.String(), prefix: Type.String(), regex: Type.String() },
  {},
  alternatives(['exact', 'prefix', 'regex']),
)
export type StringMatch = Static<typeof StringMatch>

export const Destination = message(
  { subset: Type.String(), port: PortSelector },
  {
    host: Type.String({ description: 'a service: full name, or a short one that is looked for in the namespace of this object' }),
  },
)
export type Destination = Static<typeof Destination>

const HeaderOperations = message({
  set: mapOf(Type.String(), { description: 'overwrites' }),
  add: mapOf(Type.String(), { description: 'appends' }),
  remove: Type.Array(Type.String()),
})
export type HeaderOperations = Static<typeof HeaderOperations>

export const Headers = message({ request: HeaderOperations, response: HeaderOperations })
export type Headers = Static<typeof Headers>

export const HTTPMatchRequest = message({
  name: Type.String(),
  uri: StringMatch,
  scheme: StringMatch,
  method: StringMatch,
  authority: StringMatch,
  headers: mapOf(StringMatch, { description: 'an empty match asks for presence' }),
  withoutHeaders: mapOf(StringMatch),
  queryParams: mapOf(StringMatch),
  port: uint32({ description: 'the port of the listener' }),
  sourceLabels: mapOf(Type.String()),
  sourceNamespace: Type.String(),
  gateways: Type.Array(Type.String(), { description: 'replaces the gateways of the object for this match' }),
  ignoreUriCase: Type.Boolean({ default: false, description: 'of exact and prefix' }),
  statPrefix: Type.String(),
})
export type HTTPMatchRequest = Static<typeof HTTPMatchRequest>

export const HTTPRouteDestination = message(
  {
    weight: int32({ default: 0, description: 'relative to the sum of all weights of the rule; 0 with one destination is all' }),
    headers: Headers,
  },
  { destination: Destination },
)
export type HTTPRouteDestination = Static<typeof HTTPRouteDestination>

export const HTTPRedirect = message(
  {
    uri: Type.String({ description: 'replaces the whole path' }),
    authority: Type.String(),
    scheme: Type.String(),
    redirectCode: uint32({ default: 301 }),
    port: uint32(),
    derivePort: Type.Enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']),
    prefixRewrite: Type.String(),
  },
  {},
  alternatives(['port', 'derivePort']),
)
export type HTTPRedirect = Static<typeof HTTPRedirect>

export const HTTPDirectResponse = message(
  {
    body: message(
      { string: Type.String(), bytes: Type.String({ description: 'base64' }) },
      {},
      alternatives(['string', 'bytes']),
    ),
  },
  { status: uint32() },
)
export type HTTPDirectResponse = Static<typeof HTTPDirectResponse>

export const Delegate = message({
  name: Type.String(),
  namespace: Type.String({ description: "default: the root object's own" }),
})
export type Delegate = Static<typeof Delegate>

export const HTTPRewrite = message({
  uri: Type.String(),
  authority: Type.String(),
  uriRegexRewrite: message({ match: Type.String(), rewrite: Type.String() }),
})
export type HTTPRewrite = Static<typeof HTTPRewrite>

export const HTTPRetry = message({
  attempts: int32({ description: 'retries after the first try; 0 turns retries off' }),
  perTryTimeout: duration(),
  retryOn: Type.String({ default: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes' }),
  retryRemoteLocalities: Type.Boolean(),
  retryIgnorePreviousHosts: Type.Boolean({ default: true }),
  backoff: duration({ default: '25ms' }),
})
export type HTTPRetry = Static<typeof HTTPRetry>

const Delay = message(
  { fixedDelay: duration(), exponentialDelay: duration(), percentage: Percent, percent: int32({ deprecated: true }) },
  {},
  alternatives(['fixedDelay', 'exponentialDelay']),
)
const Abort = message(
  { httpStatus: int32(), grpcStatus: Type.String(), http2Error: Type.String(), percentage: Percent },
  {},
  alternatives(['httpStatus', 'grpcStatus', 'http2Error']),
)
/** Without a percentage a fault never happens: absent is 0 %. */
export const HTTPFaultInjection = message({ delay: Delay, abort: Abort })
export type HTTPFaultInjection = Static<typeof HTTPFaultInjection>

export const HTTPMirrorPolicy = message({ percentage: Percent }, { destination: Destination })
export type HTTPMirrorPolicy = Static<typeof HTTPMirrorPolicy>

export const CorsPolicy = message({
  allowOrigin: Type.Array(Type.String(), { deprecated: true }),
  allowOrigins: Type.Array(StringMatch),
  allowMethods: Type.Array(Type.String()),
  allowHeaders: Type.Array(Type.String()),
  exposeHeaders: Type.Array(Type.String()),
  maxAge: duration(),
  allowCredentials: Type.Boolean(),
  unmatchedPreflights: Type.Enum(['UNSPECIFIED', 'FORWARD', 'IGNORE'], {
    default: 'UNSPECIFIED',
    description: 'unspecified forwards',
  }),
})
export type CorsPolicy = Static<typeof CorsPolicy>

export const HTTPRoute = message({
  name: Type.String(),
  match: Type.Array(HTTPMatchRequest, { description: 'any of them; none is always' }),
  route: Type.Array(HTTPRouteDestination),
  redirect: HTTPRedirect,
  directResponse: HTTPDirectResponse,
  delegate: Delegate,
  rewrite: HTTPRewrite,
  timeout: duration({ description: 'of the whole request, retries included; default: none' }),
  retries: HTTPRetry,
  fault: HTTPFaultInjection,
  mirror: Destination,
  mirrors: Type.Array(HTTPMirrorPolicy),
  mirrorPercent: uint32({ deprecated: true }),
  mirrorPercentage: Percent,
  corsPolicy: CorsPolicy,
  headers: Headers,
})
export type HTTPRoute = Static<typeof HTTPRoute>

export const RouteDestination = message({ weight: int32({ default: 0 }) }, { destination: Destination })
export type RouteDestination = Static<typeof RouteDestination>

export const TLSMatchAttributes = message({
  sniHosts: Type.Array(Type.String()),
  destinationSubnets: Type.Array(Type.String()),
  port: uint32(),
  sourceLabels: mapOf(Type.String()),
  sourceNamespace: Type.String(),
  gateways: Type.Array(Type.String()),
})
export type TLSMatchAttributes = Static<typeof TLSMatchAttributes>

export const TLSRoute = message({ match: Type.Array(TLSMatchAttributes), route: Type.Array(RouteDestination) })
export type TLSRoute = Static<typeof TLSRoute>

export const L4MatchAttributes = message({
  destinationSubnets: Type.Array(Type.String()),
  port: uint32(),
  sourceSubnet: Type.String({ description: 'has no effect, as in Istio' }),
  sourceLabels: mapOf(Type.String()),
  sourceNamespace: Type.String(),
  gateways: Type.Array(Type.String()),
})
export type L4MatchAttributes = Static<typeof L4MatchAttributes>

export const TCPRoute = message({ match: Type.Array(L4MatchAttributes), route: Type.Array(RouteDestination) })
export type TCPRoute = Static<typeof TCPRoute>

export const VirtualServiceSpec = message({
  hosts: Type.Array(Type.String(), { description: 'names that clients address; none makes this a delegate' }),
  gateways: Type.Array(Type.String(), {
    default: ['mesh'],
    description: '"namespace/name", a name in this namespace, or "mesh"',
  }),
  http: Type.Array(HTTPRoute, { description: 'the first rule that matches is taken' }),
  tls: Type.Array(TLSRoute),
  tcp: Type.Array(TCPRoute),
  exportTo: ExportTo,
})
export type VirtualServiceSpec = Static<typeof VirtualServiceSpec>
