/**
 * The HTTP filters this proxy has, in the order in which they make sense. The order in which they run is the configuration's; the table is
 * for whoever writes one, and for the reader.
 */
import { Router as RouterConfig } from '../../xds/gen/envoy/extensions/filters/http/router/v3/router.ts'
import type { HttpFilter as FilterConfig } from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import type { ProxyContext } from '../context.ts'
import type { HttpFilter } from './filter.ts'
import type { HcmStats } from './hcm-stats.ts'
import { Router } from './router/router.ts'

export interface FilterSettings {
  readonly context: ProxyContext
  readonly bufferLimit: number
  readonly stats: HcmStats
  readonly statPrefix: string
}

/** @returns undefined: the filter has nothing to do here, it is accepted and left out */
type Build = (name: string, config: Uint8Array, settings: FilterSettings) => HttpFilter | undefined

const FILTERS: ReadonlyMap<string, Build> = new Map<string, Build>([
  // Answers "everything is fine", or not, before anything is spent on the request.
  [
    'envoy.extensions.filters.http.router.v3.Router',
    (name, config, settings) => {
      const { suppressEnvoyHeaders } = RouterConfig.decode(config)
      return new Router(name, { suppressEnvoyHeaders, bufferLimit: settings.bufferLimit })
    },
  ],
])

/** @throws naming the filter that is unknown or has settings that can't be used */
export function buildFilters(configs: readonly FilterConfig[], settings: FilterSettings): HttpFilter[] {
  const filters: HttpFilter[] = []
  for (const config of configs) {
    if (config.disabled) continue
    const typed = config.configType?.$case === 'typedConfig' ? config.configType.value : undefined
    const build = typed && FILTERS.get(messageName(typed.typeUrl))
    if (typed === undefined || build === undefined) {
      if (config.isOptional) continue
      throw new Error(
        `Cannot use HTTP filter "${config.name}": ${typed ? `type "${typed.typeUrl}" is not known here` : 'it has no typed_config'}`,
      )
    }
    const filter = build(config.name, typed.value, settings)
    if (filter !== undefined) filters.push(filter)
  }
  if (!(filters.at(-1) instanceof Router))
    throw new Error('Cannot use the HTTP filters: the last one must be the router (envoy.filters.http.router)')
  return filters
}
