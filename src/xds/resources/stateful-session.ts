/** Sessions that stay with one endpoint: the filter, which does nothing by itself, and the routes' configurations of it. */
import { remembering } from '../../lib/identity-memo.ts'
import type { HttpSession } from '../../model/http-rule.ts'
import type { RouteSet } from '../../model/route-set.ts'
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts'
import {
  StatefulSession,
  StatefulSessionPerRoute,
} from '../gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { CookieBasedSessionState } from '../gen/envoy/extensions/http/stateful_session/cookie/v3/cookie.ts'
import { HeaderBasedSessionState } from '../gen/envoy/extensions/http/stateful_session/header/v3/header.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'
import { duration } from './values.ts'

export const SESSION = 'envoy.filters.http.stateful_session'

export function sessionConfig(session: HttpSession): Any {
  const value = StatefulSession.fromPartial({ sessionState: TypedExtensionConfig.fromPartial(stateOf(session)) })
  const message = StatefulSessionPerRoute.fromPartial({ override: { $case: 'statefulSession', value } })
  return pack('envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute', StatefulSessionPerRoute, message)
}

function stateOf(session: HttpSession) {
  if (session.kind === 'header') {
    const type = 'envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState'
    const state = HeaderBasedSessionState.fromPartial({ name: session.name })
    return { name: 'envoy.http.stateful_session.header', typedConfig: pack(type, HeaderBasedSessionState, state) }
  }
  const { name, path, lifetimeMs } = session
  const type = 'envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState'
  const ttl = lifetimeMs > 0 ? duration(lifetimeMs) : undefined
  const state = CookieBasedSessionState.fromPartial({ cookie: { name, path, ttl } })
  return { name: 'envoy.http.stateful_session.cookie', typedConfig: pack(type, CookieBasedSessionState, state) }
}

const FILTER = HttpFilter.fromPartial({
  name: SESSION,
  configType: {
    $case: 'typedConfig',
    value: pack(
      'envoy.extensions.filters.http.stateful_session.v3.StatefulSession',
      StatefulSession,
      StatefulSession.fromPartial({}),
    ),
  },
})

export function sessionFilter({ sessions }: HttpConnection): HttpFilter | undefined {
  return sessions ? FILTER : undefined
}

export interface Sessions {
  readonly used: true
}
const USED: Sessions = { used: true }

/** Whether any rule of the mesh has sessions; most meshes have none, and their requests then meet no such filter. */
export const sessionsOf = remembering((routes: readonly RouteSet[]): Sessions | undefined =>
  routes.some(set => set.http.some(rule => rule.session)) ? USED : undefined,
)
