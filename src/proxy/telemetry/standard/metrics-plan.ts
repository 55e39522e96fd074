/**
 * What a listener changes of the standard metrics: read from the stats access loggers (envoy.extensions.access_loggers.stats.v3) that the control plane
 * writes for Envoy, of which this proxy takes only what differs from its own way of counting: metrics that are missing, labels that are set or left out.
 */
import { REMOVED_TAGS, SET_TAG } from '../../../lib/metric-tags.ts'
import type { AccessLog } from '../../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import { Config, type Config_Stat } from '../../../xds/gen/envoy/extensions/access_loggers/stats/v3/stats.ts'
import { unpack } from '../../../xds/wire/any.ts'
import type { DecisionRecord } from '../decision-record.ts'

/** Metrics that have the same labels. */
export interface MetricsGroup {
  readonly metrics: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
  readonly set: readonly SetLabel[]
}

export interface SetLabel {
  readonly name: string
  readonly value: (record: DecisionRecord) => string | undefined
}

/** Metrics of no group are not reported. */
export interface MetricsPlan {
  readonly groups: readonly MetricsGroup[]
}

const TYPE = 'envoy.extensions.access_loggers.stats.v3.Config'

/** @returns undefined: the metrics are as they are @throws on statistics that are not the standard ones */
export function readMetricsPlan(logs: readonly AccessLog[]): MetricsPlan | undefined {
  const configs = logs.flatMap(({ configType }) => unpack(TYPE, Config, configType?.value) ?? [])
  if (configs.length === 0) return undefined
  const byLabels = new Map<string, { metrics: Set<string>; removed: Set<string>; set: SetLabel[] }>()
  for (const stat of configs.flatMap(statsOf)) {
    const changed = stat.tags.filter(({ name }) => name === REMOVED_TAGS || name.startsWith(SET_TAG))
    const key = JSON.stringify(changed.map(({ name, valueFormat }) => [name, valueFormat]))
    const group = byLabels.get(key)
    if (group !== undefined) group.metrics.add(stat.name)
    else byLabels.set(key, { metrics: new Set([stat.name]), ...labelsOf(changed) })
  }
  return { groups: [...byLabels.values()] }
}

export function isMetricsLog({ configType }: AccessLog): boolean {
  return configType?.value?.typeUrl.endsWith(`/${TYPE}`) ?? false
}

function statsOf({ counters, histograms }: Config): Config_Stat[] {
  const stats = [...counters, ...histograms].flatMap(({ stat }) => stat ?? [])
  const foreign = stats.find(({ name }) => !name.startsWith('istio_'))
  if (foreign !== undefined)
    throw new Error(`Cannot use access logger for statistics: "${foreign.name}", expected Istio's standard metrics`)
  return stats
}

function labelsOf(tags: Config_Stat['tags']): { removed: Set<string>; set: SetLabel[] } {
  const removed = new Set<string>()
  const set: SetLabel[] = []
  for (const { name, valueFormat } of tags) {
    if (name === REMOVED_TAGS) for (const label of valueFormat.split(' ')) removed.add(label)
    else set.push({ name: name.slice(SET_TAG.length), value: celValue(valueFormat) })
  }
  return { removed, set }
}

/** Until the language is loaded, a moment after the configuration came, nothing is known. @param format "%CEL(expression)%" */
function celValue(format: string): SetLabel['value'] {
  const expression = /^%CEL\((.*)\)%$/s.exec(format)?.[1]
  if (expression === undefined)
    throw new Error(`Cannot use "${format}" as the value of a metric's tag: expected %CEL(expression)%`)
  let value: SetLabel['value'] = () => undefined
  import('../cel-filter.ts').then(
    ({ compileCelText }) => {
      value = compileCelText(expression)
    },
    () => {},
  )
  return record => value(record)
}
