/**
 * The network filters this proxy has: a chain ends in one that takes connections over, and before it may stand some that refuse them.
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

/** Builds a filter that lets a connection through to the next one, or does not. */
export type BuildGuard = (config: Uint8Array, settings: ChainSettings, next: TerminalFilter) => TerminalFilter

/** @param kinds that a chain may end in @param guards that may stand before; both by message name */
export function networkFilters(
  kinds: ReadonlyMap<string, BuildTerminal>,
  guards: ReadonlyMap<string, BuildGuard>,
): BuildNetworkFilter {
  return (filters, settings) => {
    const last = filters.at(-1)
    if (last === undefined) throw new Error('it has no filter')
    const { build, config } = find(last, kinds)
    return filters.slice(0, -1).reduceRight(
      (next, filter) => {
        const guard = find(filter, guards)
        return guard.build(guard.config, settings, next)
      },
      build(config, settings),
    )
  }
}

function find<Build>({ name, configType }: Filter, kinds: ReadonlyMap<string, Build>): { build: Build; config: Uint8Array } {
  const typed = configType?.$case === 'typedConfig' ? configType.value : undefined
  const build = typed && kinds.get(messageName(typed.typeUrl))
  if (typed !== undefined && build !== undefined) return { build, config: typed.value }
  throw new Error(`network filter "${name}" ${typed ? `of type "${typed.typeUrl}" is not known here` : 'has no typed_config'}`)
}
