/**
 * Which requests an access logger writes (envoy.config.accesslog.v3.AccessLogFilter).
 */
import {
  type AccessLogFilter,
  type ComparisonFilter,
  ComparisonFilter_Op as Op,
} from '../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import type { DecisionRecord } from './decision-record.ts'

type Predicate = (record: DecisionRecord) => boolean

/** @returns undefined: everything is written @throws on a filter that is not supported */
export function compileLogFilter(filter: AccessLogFilter | undefined): Predicate | undefined {
  const specifier = filter?.filterSpecifier
  if (specifier === undefined) return undefined
  switch (specifier.$case) {
    case 'statusCodeFilter': {
      const compare = comparison(specifier.value.comparison)
      return record => compare(record.status)
    }
    case 'durationFilter': {
      const compare = comparison(specifier.value.comparison)
      return record => compare(Math.trunc(record.endedAt - record.startedAt))
    }
    case 'responseFlagFilter': {
      const { flags } = specifier.value
      return record => (flags.length === 0 ? record.flags !== '' : record.flags.split(',').some(flag => flags.includes(flag)))
    }
    case 'andFilter':
    case 'orFilter': {
      const parts = specifier.value.filters.map(part => compileLogFilter(part) ?? always)
      return specifier.$case === 'andFilter'
        ? record => parts.every(part => part(record))
        : record => parts.some(part => part(record))
    }
    // No request here is a health check of ours.
    case 'notHealthCheckFilter':
      return always
    default:
      throw new Error(
        `Cannot use access log filter "${specifier.$case}", expected a status code, duration, response flag, and- or or-filter`,
      )
  }
}

function always(): boolean {
  return true
}

function comparison(config: ComparisonFilter | undefined): (value: number) => boolean {
  const than = config?.value?.defaultValue ?? 0
  switch (config?.op) {
    case Op.GE:
      return value => value >= than
    case Op.LE:
      return value => value <= than
    default:
      return value => value === than
  }
}
