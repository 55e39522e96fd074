/**
 * Envoy's statistics with Istio's standard metrics made whole: what the stats loggers keep as Envoy has it (xds/resources/standard-metrics.ts) becomes
 * Istio's names and labels, with what the agent knows of its own workload. All other lines stay as they are.
 */
import { type PeerFields, readPeerText, readSubject } from '../../lib/peer-fields.ts'
import { withPrincipal } from '../../proxy/telemetry/peer.ts'
import { labelPairs, type ServiceLabels } from '../../proxy/telemetry/standard/labels.ts'

const PREFIX = 'envoy_istio_'
const LINE = /^envoy_(istio_\w+)\{(.*)\} (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g
const SPECIAL: ReadonlySet<string> = new Set(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])

/** @param text of Envoy's /stats/prometheus @param own its own workload */
export function withStandardMetrics(text: string, own: Partial<PeerFields>): string {
  if (!text.includes(PREFIX)) return text
  // Most labels of a series stand on many lines: one a bucket.
  const known = new Map<string, string>()
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.startsWith(`# TYPE ${PREFIX}`)) lines[i] = line.replace(PREFIX, 'istio_')
    else if (line.startsWith(PREFIX)) lines[i] = rewritten(line, own, known)
  }
  return lines.join('\n')
}

function rewritten(line: string, own: Partial<PeerFields>, known: Map<string, string>): string {
  const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? []
  if (name === '') return line
  const [, rest = labels, bound] = /^(.*),(le="[^"]*")$/.exec(labels) ?? []
  let made = known.get(rest)
  if (made === undefined) {
    made = istioLabels(rest, own)
    known.set(rest, made)
  }
  return `${name}{${made}${bound === undefined ? '' : `,${bound}`}} ${value}`
}

function istioLabels(text: string, own: Partial<PeerFields>): string {
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
  return [...pairs].map(([name, value]) => `${name}="${escaped(value)}"`).join(',')
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

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))
}
