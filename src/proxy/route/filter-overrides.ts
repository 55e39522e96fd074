/**
 * typed_per_filter_config of the levels of a route configuration: for each filter the most specific level counts.
 */
import { FilterConfig } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Any } from '../../xds/gen/google/protobuf/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { checkOverride } from '../filters/check-override.ts'
import type { FilterOverride } from './decision.ts'

export type FilterOverrides = ReadonlyMap<string, FilterOverride>

const NONE: FilterOverrides = new Map()

/**
 * One level's entries, unwrapped from envoy.config.route.v3.FilterConfig where they are in one.
 * @throws when settings of a filter that this proxy has cannot be honoured
 */
export function compileFilterOverrides(entries: Readonly<Record<string, Any>>): FilterOverrides {
  const names = Object.entries(entries)
  if (names.length === 0) return NONE
  const overrides = new Map(names.map(([name, any]) => [name, unwrap(name, any)]))
  for (const [name, override] of overrides) {
    try {
      if (!override.disabled) checkOverride(override)
    } catch (error) {
      throw new Error(`typed_per_filter_config "${name}": ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return overrides
}

function unwrap(filter: string, any: Any): FilterOverride {
  if (messageName(any.typeUrl) !== 'envoy.config.route.v3.FilterConfig')
    return { typeUrl: any.typeUrl, value: any.value, disabled: false }
  const { config, disabled } = FilterConfig.decode(any.value)
  if (!config && !disabled)
    throw new Error(`typed_per_filter_config "${filter}" is an empty FilterConfig, expected config or disabled`)
  return { typeUrl: config?.typeUrl ?? '', value: config?.value ?? new Uint8Array(), disabled }
}

/** `general` is returned as it is when `specific` says nothing, so that routes share one map. */
export function overlay(general: FilterOverrides, specific: FilterOverrides): FilterOverrides {
  if (specific.size === 0) return general
  return general.size === 0 ? specific : new Map([...general, ...specific])
}
