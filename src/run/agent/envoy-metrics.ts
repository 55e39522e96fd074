/**
 * Envoy's statistics with Istio's standard metrics made whole: what the stats loggers keep as Envoy has it (xds/resources/standard-metrics.ts) becomes
 * Istio's names and labels, with what the agent knows of its own workload. All other lines stay as they are.
 */

import { REMOVED_TAGS, SET_TAG, UNKNOWN_VALUE } from '../../lib/metric-tags.ts'
import { type PeerFields, readPeerText, readSubject } from '../../lib/peer-fields.ts'
import { withPrincipal } from '../../proxy/telemetry/peer.ts'
import { labelText } from '../../proxy/telemetry/standard/label-text.ts'
import { labelPairs, type ServiceLabels } from '../../proxy/telemetry/standard/labels.ts'

const PREFIX = 'envoy_istio_'
const LINE = /^envoy_(istio_\w+)\{(.*)\} (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g
const SPECIAL: ReadonlySet<string> = new Set(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])

/** @param text of Envoy's /stats/prometheus @param own its own workload */
export function withStandardMetrics(text: string, own: Partial<PeerFields>): string {
  if (!text.includes(PREFIX)) return text
  // Most labels of a series stand on many lines: one a bucket.
  const known = new Map<string, Labels>()
  // Where labels are left out or set, several of Envoy's series become one. They stand together, as do all lines of a metric.
  const places = new Map<string, number>()
  const lines: string[] = []
  const sums: number[] = []
  for (const line of text.split('\n')) {
    const series = line.startsWith(PREFIX) ? readSeries(line, own, known) : undefined
    if (series === undefined) {
      lines.push(line.startsWith(`# TYPE ${PREFIX}`) ? line.replace(PREFIX, 'istio_') : line)
      continue
    }
    const before = places.get(series.name)
    const at = before ?? lines.length
    if (before === undefined) {
      places.set(series.name, at)
      lines.push('')
    }
    sums[at] = (sums[at] ?? 0) + series.value
    lines[at] = `${series.name} ${sums[at]}`
  }
  return lines.join('\n')
}

interface Labels {
  readonly text: string
  /** Messages of a gRPC call, there and back; undefined: it is not about messages. */
  readonly messages: readonly [requests: number, responses: number] | undefined
}

interface Series {
  /** With its labels. */
  readonly name: string
  readonly value: number
}

function readSeries(line: string, own: Partial<PeerFields>, known: Map<string, Labels>): Series | undefined {
  const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? []
  if (name === '') return undefined
  const [, rest = labels, bound] = /^(.*),(le="[^"]*")$/.exec(labels) ?? []
  let made = known.get(rest)
  if (made === undefined) {
    made = istioLabels(rest, own)
    known.set(rest, made)
  }
  const [requests, responses] = made.messages ?? [1, 1]
  const times = name === 'istio_response_messages_total' ? responses : requests
  return { name: `${name}{${made.text}${bound === undefined ? '' : `,${bound}`}}`, value: Number(value) * times }
}

function istioLabels(text: string, own: Partial<PeerFields>): Labels {
  const raw = new Map([...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, unescaped(value)]))
  const given = (name: string) => raw.get(name) || undefined
  const source = given('reporter') === 'source'
  const mine = withPrincipal(own, given('mizzen_own_principal'))
  const theirs = source
    ? withPrincipal(readPeerText(given('mizzen_callee') ?? ''), given('mizzen_callee_principal'))
    : withPrincipal(readSubject(given('mizzen_caller') ?? ''), given('mizzen_caller_principal'))
  const grpc = given('grpc_response_status')
  const http = given('request_protocol') === 'http'
  const pairs = labelPairs(
    {
      reporter: source ? 'source' : 'destination',
      source: source ? mine : theirs,
      destination: source ? theirs : { ...own, ...(mine.principal !== undefined && { principal: mine.principal }) },
      service: serviceOf(given('mizzen_services'), given('mizzen_cluster')),
      security: source ? 'unknown' : given('mizzen_caller_principal') === undefined ? 'none' : 'mutual_tls',
    },
    http ? (grpc === undefined ? 'http' : 'grpc') : 'tcp',
  )
  if (http) {
    pairs.set('response_code', given('response_code') ?? '0')
    pairs.set('grpc_response_status', grpc ?? '')
  }
  pairs.set('response_flags', given('response_flags') ?? '-')
  const [requests = 0, responses = 0] = (given('mizzen_messages') ?? '').split(',').map(Number)
  return { text: changedText(pairs, raw), messages: raw.has('mizzen_messages') ? [requests, responses] : undefined }
}

/** Follows what Telemetry changes of the labels. */
function changedText(pairs: Map<string, string>, raw: ReadonlyMap<string, string>): string {
  const removed = new Set((raw.get(REMOVED_TAGS) ?? '').split(' '))
  const set = [...raw].filter(([name]) => name.startsWith(SET_TAG))
  return labelText(
    pairs,
    { removed, set: set.map(([name]) => ({ name: name.slice(SET_TAG.length) })) },
    set.map(([, value]) => value || UNKNOWN_VALUE),
  )
}

function serviceOf(services: string | undefined, cluster = ''): ServiceLabels {
  const unknown = { host: 'unknown', name: SPECIAL.has(cluster) ? cluster : 'unknown', namespace: 'unknown' }
  if (services === undefined) return unknown
  try {
    const list: unknown = JSON.parse(services)
    const first: unknown = Array.isArray(list) ? list[0] : undefined
    if (typeof first !== 'object' || first === null) return unknown
    const { host, name, namespace } = { ...unknown, ...first }
    return { host: String(host), name: String(name), namespace: String(namespace) }
  } catch {
    return unknown
  }
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_all, c: string) => (c === 'n' ? '\n' : c))
}
