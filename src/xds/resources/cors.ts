/** CORS: the route's configuration of Envoy's cors filter. */
import type { Cors } from '../../model/http-rule.ts'
import { Cors as CorsFilter, CorsPolicy } from '../gen/envoy/extensions/filters/http/cors/v3/cors.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'
import { stringMatcher } from './text-match.ts'

export const CORS = 'envoy.filters.http.cors'

export function corsConfig(cors: Cors): Any {
  return pack(
    'envoy.extensions.filters.http.cors.v3.CorsPolicy',
    CorsPolicy,
    CorsPolicy.fromPartial({
      allowOriginStringMatch: cors.origins.flatMap(origin => (origin.kind === 'present' ? [] : [stringMatcher(origin)])),
      allowMethods: cors.methods.join(','),
      allowHeaders: cors.headers.join(','),
      exposeHeaders: cors.expose.join(','),
      maxAge: cors.maxAgeSeconds === undefined ? '' : String(cors.maxAgeSeconds),
      allowCredentials: cors.credentials,
      forwardNotMatchingPreflights: cors.forwardUnmatchedPreflights,
    }),
  )
}

const FILTER = HttpFilter.fromPartial({
  name: CORS,
  configType: { $case: 'typedConfig', value: pack('envoy.extensions.filters.http.cors.v3.Cors', CorsFilter, {}) },
})

/** Where rules are applied. Always there, so that a policy changes a route and not a listener, which would drain its connections. */
export function corsFilter({ direction }: HttpConnection): HttpFilter | undefined {
  return direction === 'inbound' ? undefined : FILTER
}
