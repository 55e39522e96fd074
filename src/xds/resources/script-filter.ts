/**
 * TypeScriptFilters as HTTP filters. Only mizzen's proxy runs them: an Envoy passes by those that may fail, and refuses requests in the place of
 * those that must not be passed by.
 */
import type { ScriptFilter } from '../../model/script-filter.ts'
import { HTTPFault } from '../gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { TypeScriptFilter } from '../gen/mizzen/filters/v1/typescript_filter.ts'
import { pack } from '../wire/any.ts'
import { FAULT_TYPE } from './fault.ts'
import type { HttpConnection } from './http-connection.ts'
import { duration, fraction } from './values.ts'

const TYPE = 'mizzen.filters.v1.TypeScriptFilter'

export function scriptFilters({ settings, direction }: HttpConnection): HttpFilter[] {
  const { scripts = [], toldMetrics: envoy = false } = settings
  return scripts
    .filter(({ traffic }) => direction === 'gateway' || traffic === 'all' || traffic === direction)
    .flatMap(script => {
      const name = `mizzen.typescript.${script.namespace}/${script.name}`
      if (!envoy) return filter(name, pack(TYPE, TypeScriptFilter, messageOf(script)))
      return script.failOpen ? [] : filter(name, pack(FAULT_TYPE, HTTPFault, REFUSES))
    })
}

const REFUSES = HTTPFault.fromPartial({
  abort: { errorType: { $case: 'httpStatus', value: 500 }, percentage: fraction(100) },
})

function filter(name: string, value: ReturnType<typeof pack>): HttpFilter[] {
  return [HttpFilter.fromPartial({ name, configType: { $case: 'typedConfig', value } })]
}

function messageOf(script: ScriptFilter): TypeScriptFilter {
  return {
    name: `${script.namespace}/${script.name}`,
    module: script.module,
    config: { ...script.config },
    timeLimit: duration(script.timeLimitMs),
    failOpen: script.failOpen,
    bodyLimit: script.bodyLimit,
    memoryLimit: script.memoryLimitMb,
  }
}
