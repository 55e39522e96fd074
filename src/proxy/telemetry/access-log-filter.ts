/**
 * Which requests an access logger writes (envoy.config.accesslog.v3.AccessLogFilter).
 */
import {
  type AccessLogFilter,
  type ComparisonFilter,
  ComparisonFilter_Op as Op,
} from '../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import { ExpressionFilter } from '../../xds/gen/envoy/extensions/access_loggers/filters/cel/v3/cel.ts'
import { unpack } from '../../xds/wire/any.ts'
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
    case 'extensionFilter': {
      const { name, configType } = specifier.value
      const cel = unpack('envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter', ExpressionFilter, configType?.value)
      if (cel === undefined) throw new Error(`Cannot use access log filter "${name}": expected an expression in CEL`)
      return celFilter(cel.expression)
    }
    default:
      throw new Error(
        `Cannot use access log filter "${specifier.$case}", expected a status code, duration, response flag, and-, or- or CEL filter`,
      )
  }
}

/** Until the language is loaded, a moment after the configuration came, everything is written: better a line too many. */
function celFilter(expression: string): Predicate {
  let filter: Predicate = always
  import('./cel-filter.ts').then(
    ({ compileCel }) => {
      filter = compileCel(expression)
    },
    () => {},
  )
  return record => filter(record)
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
