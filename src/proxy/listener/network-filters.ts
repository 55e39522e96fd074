/**
 * The network filters this proxy has. A chain ends in exactly one of them.
 */

import type { TrafficDirection } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { Filter } from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import type { ProxyContext } from '../context.ts'
import type { TerminalFilter } from './connection.ts'

export interface ChainSettings {
  readonly context: ProxyContext
  readonly bufferLimit: number
  readonly direction: TrafficDirection
}

/** @throws naming the filter that is unknown or has settings that can't be used */
export type BuildNetworkFilter = (filters: readonly Filter[], settings: ChainSettings) => TerminalFilter

/** Builds one kind of filter of its encoded settings. */
export type BuildTerminal = (config: Uint8Array, settings: ChainSettings) => TerminalFilter

/** @param kinds by message name */
export function networkFilters(kinds: ReadonlyMap<string, BuildTerminal>): BuildNetworkFilter {
  return (filters, settings) => {
    const last = filters.at(-1)
    if (last === undefined) throw new Error('it has no filter')
    if (filters.length > 1) throw new Error(`network filter "${filters[0]?.name}" is not known here`)
    const typed = last.configType?.$case === 'typedConfig' ? last.configType.value : undefined
    const build = typed && kinds.get(messageName(typed.typeUrl))
    if (typed === undefined || build === undefined)
      throw new Error(
        `network filter "${last.name}" ${typed ? `of type "${typed.typeUrl}" is not known here` : 'has no typed_config'}`,
      )
    return build(typed.value, settings)
  }
}
