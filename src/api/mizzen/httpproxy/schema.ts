/** HTTPProxy (mizzen.dev): everything about the way to one HTTP service, in one document. */
import { type Static, Type } from 'typebox'
import { duration, message } from '../../schema/message.ts'
import { Caller, Jwt, PeerTls } from '../access.ts'
import { Breaker } from '../circuitbreaker/schema.ts'
import { Limit } from '../ratelimit/schema.ts'
import { RetryPolicy } from '../retry/schema.ts'
import { HttpRoute } from '../route.ts'
import { clientSide, Host } from '../target.ts'

export const HTTPProxySpec = message(
  {
    gateways: Type.Array(Type.String(), {
      description: 'gateways ("name" or "namespace/name") that its routes hold at, beside the mesh',
    }),
    hosts: Type.Array(Type.String(), { description: 'names that clients use at these gateways; default: the host' }),
    routes: Type.Array(HttpRoute, { description: 'the first that matches is taken; none: all requests go to the host' }),
    timeout: duration({ description: 'of routes that say nothing else' }),
    retry: RetryPolicy,
    tls: PeerTls,
    allow: Type.Array(Caller, { description: 'who may call; absent: everybody. An empty list: nobody' }),
    jwt: Jwt,
    rateLimits: Type.Array(Limit, { description: 'all of them hold' }),
    circuitBreaker: Breaker,
    exportTo: clientSide.exportTo,
  },
  { host: Host },
)
export type HTTPProxySpec = Static<typeof HTTPProxySpec>
