/** How much of a request is held (envoy.extensions.filters.http.buffer.v3), by the filter or for a route. */
import { BufferPerRoute, type Buffer as Config } from '../../xds/gen/envoy/extensions/filters/http/buffer/v3/buffer.ts'
import type { FilterOverride } from '../route/decision.ts'

export const BUFFER_PER_ROUTE = 'envoy.extensions.filters.http.buffer.v3.BufferPerRoute'

const compiled = new WeakMap<FilterOverride, { readonly limit: number }>()

/** A route's own limit, read once; 0: its requests are not held. @throws on settings without a limit */
export function bufferOf(override: FilterOverride): { readonly limit: number } {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const chosen = BufferPerRoute.decode(override.value).override
  const made = { limit: chosen?.$case === 'buffer' ? limitOf(chosen.value) : 0 }
  compiled.set(override, made)
  return made
}

/** @throws when there is none */
export function limitOf({ maxRequestBytes }: Config): number {
  if (!maxRequestBytes) throw new Error('the buffer filter has no max_request_bytes, expected 1 or more')
  return maxRequestBytes
}
