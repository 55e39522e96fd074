/**
 * How a plain Envoy counts Istio's standard metrics: by its stats access logger. What a series is about stands in few tags and as Envoy has it (who the
 * endpoint is as one text, who the caller is as the subject of its certificate); the agent, who knows the rest, makes Istio's labels of them where the
 * metrics are read (run/agent/envoy-metrics.ts). So that these loggers are the same for all proxies, small, and cheap per request.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { REMOVED_TAGS, SET_TAG } from '../../lib/metric-tags.ts'
import type { MetricChange, MetricChanges, StandardMetric } from '../../model/metric-changes.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TelemetrySide } from '../../model/telemetry-level.ts'
import { AccessLog, AccessLogFilter } from '../gen/envoy/config/accesslog/v3/accesslog.ts'
import {
  Config,
  type Config_Counter,
  Config_Stat,
  Config_Histogram_Unit as Unit,
} from '../gen/envoy/extensions/access_loggers/stats/v3/stats.ts'
import { pack } from '../wire/any.ts'

/** Series of one proxy, of each sort; more are not counted. */
const MOST_SERIES = 5000
const MOST_MESSAGE_SERIES = 1000

const TAGS: readonly (readonly [name: string, value: string])[] = [
  ['mizzen_caller', '%DOWNSTREAM_PEER_SUBJECT%'],
  ['mizzen_caller_principal', '%DOWNSTREAM_PEER_URI_SAN%'],
  ['mizzen_own_principal', '%DOWNSTREAM_LOCAL_URI_SAN%'],
]
const CLIENT_TAGS: readonly (readonly [name: string, value: string])[] = [
  ['mizzen_callee', '%UPSTREAM_METADATA(istio:workload)%'],
  ['mizzen_callee_principal', '%UPSTREAM_PEER_URI_SAN%'],
  ['mizzen_own_principal', '%UPSTREAM_LOCAL_URI_SAN%'],
]
const SERVICE_TAGS: readonly (readonly [name: string, value: string])[] = [
  ['mizzen_cluster', '%UPSTREAM_CLUSTER_RAW%'],
  ['mizzen_services', '%CLUSTER_METADATA(istio:services)%'],
]
const HTTP_TAGS: readonly (readonly [name: string, value: string])[] = [
  ['response_code', '%RESPONSE_CODE%'],
  ['grpc_response_status', '%GRPC_STATUS_NUMBER%'],
]

/** Where the HTTP filter grpc_stats leaves the messages of a request, as "requests,responses". */
const MESSAGES = ['mizzen_messages', '%FILTER_STATE(envoy.filters.http.grpc_stats:PLAIN)%'] as const

const known = new IdentityMemo<AccessLog[]>()

/** @returns none for proxies that count by themselves, unless Telemetry changes something: they learn it from the same loggers */
export function standardMetrics(settings: MeshSettings, side: TelemetrySide, protocol: 'http' | 'tcp'): AccessLog[] {
  const { toldMetrics, metrics } = settings
  const changes = metrics?.[side] ?? UNCHANGED
  if (toldMetrics !== true && changes.size === 0) return []
  return known.get([settings, side, protocol], () =>
    protocol === 'tcp' ? [connectionLogger(side, changes)] : [requestLogger(side, changes), ...messageLogger(side, changes)],
  )
}

const UNCHANGED: MetricChanges = new Map()

function requestLogger(side: TelemetrySide, changes: MetricChanges): AccessLog {
  const stat = statsOf(side, 'http', HTTP_TAGS, changes)
  const histogram = (name: StandardMetric, unit: Unit, valueFormat: string) =>
    stat(name).map(made => ({ stat: made, unit, valueFormat }))
  return logger('istio', MOST_SERIES, undefined, {
    counters: stat('istio_requests_total').map(once),
    histograms: [
      ...histogram('istio_request_duration_milliseconds', Unit.MILLISECONDS, '%DURATION%'),
      ...histogram('istio_request_bytes', Unit.BYTES, '%DOWNSTREAM_WIRE_BYTES_RECEIVED%'),
      ...histogram('istio_response_bytes', Unit.BYTES, '%DOWNSTREAM_WIRE_BYTES_SENT%'),
    ],
  })
}

/**
 * gRPC messages cannot be taken apart here: requests are counted by how many messages they had, and the agent multiplies. Calls of one message make
 * one series; streams of ever new lengths soon meet the limit, which is therefore their own.
 */
function messageLogger(side: TelemetrySide, changes: MetricChanges): AccessLog[] {
  const stat = statsOf(side, 'http', [...HTTP_TAGS, MESSAGES], changes)
  const stats = [...stat('istio_request_messages_total'), ...stat('istio_response_messages_total')]
  const isGrpc = AccessLogFilter.fromPartial({
    filterSpecifier: {
      $case: 'headerFilter',
      value: {
        header: {
          name: 'content-type',
          headerMatchSpecifier: {
            $case: 'stringMatch',
            value: { matchPattern: { $case: 'prefix', value: 'application/grpc' } },
          },
        },
      },
    },
  })
  const counters = stats.map(once)
  return counters.length === 0 ? [] : [logger('istio-messages', MOST_MESSAGE_SERIES, isGrpc, { counters })]
}

function connectionLogger(side: TelemetrySide, changes: MetricChanges): AccessLog {
  const stat = statsOf(side, 'tcp', [], changes)
  const bytes = (name: StandardMetric, valueFormat: string) =>
    stat(name).map(made => ({ stat: made, valueFormat, valueFixed: undefined }))
  return logger('istio', MOST_SERIES, undefined, {
    counters: [
      // Both at the end: only then is everything known of the connection.
      ...stat('istio_tcp_connections_opened_total').map(once),
      ...stat('istio_tcp_connections_closed_total').map(once),
      ...bytes('istio_tcp_sent_bytes_total', '%BYTES_SENT%'),
      ...bytes('istio_tcp_received_bytes_total', '%BYTES_RECEIVED%'),
    ],
  })
}

/** Counts each time it is asked to. */
function once(stat: Config_Stat): Config_Counter {
  return { stat, valueFormat: '', valueFixed: 1 }
}

type Tags = readonly (readonly [name: string, value: string])[]

/** @returns makes a metric's name and tags; nothing of one that is not reported */
function statsOf(side: TelemetrySide, protocol: 'http' | 'tcp', more: Tags, changes: MetricChanges) {
  const tags: Tags = [
    ['reporter', side === 'client' ? 'source' : 'destination'],
    ...(side === 'client' ? CLIENT_TAGS : TAGS),
    ...SERVICE_TAGS,
    ['request_protocol', protocol],
    ...more,
    ['response_flags', '%RESPONSE_FLAGS%'],
  ]
  return (name: StandardMetric): Config_Stat[] => {
    const change = changes.get(name)
    if (change?.disabled) return []
    return [
      Config_Stat.fromPartial({
        name,
        tags: [...tags, ...changedTags(change)].map(([tag, valueFormat]) => ({ name: tag, valueFormat })),
      }),
    ]
  }
}

/** What becomes of them is the reader's work: the agent's, or that of mizzen's own proxy. */
function changedTags(change: MetricChange | undefined): Tags {
  if (change === undefined) return []
  const tags = [...change.tags].sort(([a], [b]) => (a < b ? -1 : 1))
  const removed = tags.filter(([, value]) => value === undefined).map(([name]) => name)
  return [
    ...tags.flatMap(([name, value]) => (value === undefined ? [] : [[`${SET_TAG}${name}`, `%CEL(${value})%`] as const])),
    ...(removed.length > 0 ? [[REMOVED_TAGS, removed.join(' ')] as const] : []),
  ]
}

function logger(
  sharingName: string,
  most: number,
  filter: AccessLogFilter | undefined,
  stats: Partial<Pick<Config, 'counters' | 'histograms'>>,
): AccessLog {
  const statsScope = { prefix: '', sharingName, maxCounters: most, maxHistograms: most }
  const config = { ...Config.fromPartial({ statsScope }), ...stats }
  const typedConfig = pack('envoy.extensions.access_loggers.stats.v3.Config', Config, config)
  return AccessLog.fromPartial({
    name: 'envoy.access_loggers.stats',
    filter,
    configType: { $case: 'typedConfig', value: typedConfig },
  })
}
