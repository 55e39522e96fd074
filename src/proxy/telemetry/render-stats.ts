/**
 * Writes statistics in the three forms of Envoy's admin endpoint: text, JSON and Prometheus' exposition format.
 */
import type { Histogram } from '../../lib/histogram.ts'
import { fullName, isGauge, type Stat } from './stats.ts'

const QUANTILES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1]
/** Envoy's default histogram buckets, in milliseconds. */
const BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

/** One line each: `name: 7`; histograms as quantiles, after the numbers. */
export function statsText(stats: readonly Stat[]): string {
  let numbers = ''
  let histograms = ''
  for (const stat of stats) {
    if (typeof stat.value === 'number') numbers += `${fullName(stat)}: ${stat.value}\n`
    else histograms += `${fullName(stat)}: ${quantilesText(stat.value)}\n`
  }
  return numbers + histograms
}

export function statsJson(stats: readonly Stat[]): unknown {
  const list: unknown[] = []
  const histograms: unknown[] = []
  for (const stat of stats) {
    const { value } = stat
    if (typeof value === 'number') list.push({ name: fullName(stat), value })
    else {
      const values = QUANTILES.map(q => ({ interval: null, cumulative: value.quantile(q) ?? null }))
      histograms.push({ name: fullName(stat), values })
    }
  }
  if (histograms.length > 0)
    list.push({ histograms: { supported_quantiles: QUANTILES.map(q => q * 100), computed_quantiles: histograms } })
  return { stats: list }
}

/** Text format 0.0.4, with Envoy's names: the variable parts of a name become labels. */
export function statsPrometheus(stats: readonly Stat[]): string {
  const families = new Map<string, { type: string; lines: string }>()
  for (const stat of stats) {
    const { field, labels } = withoutCode(stat)
    const name = `${stat.group.family}_${field}`.replace(/[^a-zA-Z0-9_]/g, '_')
    const type = typeof stat.value !== 'number' ? 'histogram' : isGauge(stat.field) ? 'gauge' : 'counter'
    const family = families.get(name) ?? { type, lines: '' }
    families.set(name, family)
    family.lines +=
      typeof stat.value === 'number'
        ? `${name}${labelText(labels)} ${stat.value}\n`
        : prometheusHistogram(name, labels, stat.value)
  }
  let text = ''
  for (const [name, { type, lines }] of families) text += `# TYPE ${name} ${type}\n${lines}\n`
  return text
}

function quantilesText(histogram: Histogram): string {
  if (histogram.count === 0) return 'No recorded values'
  return QUANTILES.map(q => `P${q * 100}(nan,${histogram.quantile(q)})`).join(' ')
}

/** upstream_rq_200 -> upstream_rq{envoy_response_code="200"}, upstream_rq_2xx -> upstream_rq_xx{envoy_response_code_class="2"}. */
function withoutCode(stat: Stat): { field: string; labels: Readonly<Record<string, string>> } {
  const found = /^(.*_rq)_(\d)(?:(\d\d)|(xx))$/.exec(stat.field)
  if (!found) return { field: stat.field, labels: stat.group.labels }
  const [, base = '', first = '', rest] = found
  return rest === undefined
    ? { field: `${base}_xx`, labels: { ...stat.group.labels, envoy_response_code_class: first } }
    : { field: base, labels: { ...stat.group.labels, envoy_response_code: first + rest } }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return `{${pairs.join(',')}}`
}

function prometheusHistogram(name: string, labels: Readonly<Record<string, string>>, histogram: Histogram): string {
  let text = ''
  for (const bound of BUCKETS)
    text += `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${histogram.countUpTo(bound)}\n`
  text += `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${histogram.count}\n`
  return `${text}${name}_sum${labelText(labels)} ${histogram.sum}\n${name}_count${labelText(labels)} ${histogram.count}\n`
}
