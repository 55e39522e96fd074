/** What a route says of compression (CompressorPerRoute). */
import { CompressorPerRoute } from '../../../xds/gen/envoy/extensions/filters/http/compressor/v3/compressor.ts'
import type { FilterOverride } from '../../route/decision.ts'

export const COMPRESSOR_PER_ROUTE = 'envoy.extensions.filters.http.compressor.v3.CompressorPerRoute'

export interface RouteCompression {
  readonly disabled: boolean
  /** undefined: as the filter says. */
  readonly removesAccept: boolean | undefined
}

const compiled = new WeakMap<FilterOverride, RouteCompression>()

/** A route's own settings, read once. */
export function compressorRouteOf(override: FilterOverride): RouteCompression {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const chosen = CompressorPerRoute.decode(override.value).override
  const removesAccept =
    chosen?.$case === 'overrides' ? chosen.value.responseDirectionConfig?.removeAcceptEncodingHeader : undefined
  const made = { disabled: chosen?.$case === 'disabled' && chosen.value, removesAccept }
  compiled.set(override, made)
  return made
}
