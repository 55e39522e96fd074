/** A route's own settings of the external authorizer (ExtAuthzPerRoute), read once. */
import { type BufferSettings, ExtAuthzPerRoute } from '../../../xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz.ts'
import type { FilterOverride } from '../../route/decision.ts'

export const EXT_AUTHZ_PER_ROUTE = 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute'

export interface RouteAuthz {
  /** Nobody is asked about this route's requests. */
  readonly disabled: boolean
  readonly context: Readonly<Record<string, string>>
  /** undefined: the filter's own. */
  readonly body: BufferSettings | 'none' | undefined
}

const compiled = new WeakMap<FilterOverride, RouteAuthz>()

/** @throws on settings that contradict each other */
export function routeAuthzOf(override: FilterOverride): RouteAuthz {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const { override: chosen } = ExtAuthzPerRoute.decode(override.value)
  const made = { disabled: chosen?.$case === 'disabled' && chosen.value, ...checkSettings(chosen) }
  compiled.set(override, made)
  return made
}

function checkSettings(chosen: ExtAuthzPerRoute['override']): Omit<RouteAuthz, 'disabled'> {
  if (chosen?.$case !== 'checkSettings') return { context: {}, body: undefined }
  const { contextExtensions, disableRequestBodyBuffering, withRequestBody } = chosen.value
  if (disableRequestBodyBuffering && withRequestBody)
    throw new Error('check_settings has both disable_request_body_buffering and with_request_body')
  return { context: contextExtensions, body: disableRequestBodyBuffering ? 'none' : withRequestBody }
}
