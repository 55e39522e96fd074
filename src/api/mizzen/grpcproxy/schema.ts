/** GRPCProxy (mizzen.dev): everything about the way to one gRPC service, in one document. HTTPProxy in the words of gRPC. */
import { type Static, Type } from 'typebox'
import { StringMatch } from '../../istio/virtualservice/schema.ts'
import { mapOf, message } from '../../schema/message.ts'
import { callerFields } from '../access.ts'
import { HTTPProxySpec } from '../httpproxy/schema.ts'
import { routeFields } from '../route.ts'
import { Host } from '../target.ts'

export const GrpcMatch = message({
  service: Type.String({ description: 'full name: "shop.v1.Payments"; absent: any' }),
  method: Type.String({ description: 'absent: any' }),
  metadata: mapOf(StringMatch, { description: 'all of them; an empty match asks for presence' }),
})
export type GrpcMatch = Static<typeof GrpcMatch>

export const GrpcRoute = message({
  match: Type.Array(GrpcMatch, { description: 'any of them; none: every call' }),
  ...routeFields,
})
export type GrpcRoute = Static<typeof GrpcRoute>

export const GrpcCaller = message({
  ...callerFields,
  methods: Type.Array(Type.String(), { description: '"shop.v1.Payments/Pay", or "shop.v1.Payments/*"' }),
})
export type GrpcCaller = Static<typeof GrpcCaller>

const { gateways, hosts, timeout, retry, tls, jwt, rateLimits, circuitBreaker, exportTo } = HTTPProxySpec.properties

export const GRPCProxySpec = message(
  {
    gateways,
    hosts,
    routes: Type.Array(GrpcRoute, { description: 'the first that matches is taken; none: all calls go to the host' }),
    timeout,
    retry,
    tls,
    allow: Type.Array(GrpcCaller, { description: 'who may call; absent: everybody. An empty list: nobody' }),
    jwt,
    rateLimits,
    circuitBreaker,
    exportTo,
  },
  { host: Host },
)
export type GRPCProxySpec = Static<typeof GRPCProxySpec>
