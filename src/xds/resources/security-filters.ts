/** Where policies become filters: of requests (their places are in order.ts) and of connections that carry bytes. */
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { httpExtAuthz, networkExtAuthz } from './ext-authz.ts'
import type { HttpConnection } from './http-connection.ts'
import { jwtFilter } from './jwt.ts'
import { httpRbac, networkRbac, rbacParts } from './rbac.ts'
import type { ListeningPort, RuleContext } from './rbac-rules.ts'
import type { Security } from './security.ts'

export function authorizerFilters({ security, port }: HttpConnection): readonly HttpFilter[] {
  return security ? httpExtAuthz(security, context(security, true, port)) : []
}

export function tokenFilter({ security }: HttpConnection): HttpFilter | undefined {
  return security && jwtFilter(security)
}

export function accessFilters({ security, port }: HttpConnection): readonly HttpFilter[] {
  return security ? rbacParts(security.access, context(security, true, port)).map(httpRbac) : []
}

/** To stand before the filter that passes the bytes on. */
export function connectionFilters(security: Security, port?: ListeningPort): readonly Filter[] {
  const bytes = context(security, false, port)
  return [...networkExtAuthz(security, bytes), ...rbacParts(security.access, bytes).map(networkRbac)]
}

function context({ settings }: Security, http: boolean, port: ListeningPort | undefined): RuleContext {
  return { trust: settings, http, port }
}
