/**
 * How a plain Envoy counts Istio's standard metrics: by its stats access logger. What a series is about stands in few tags and as Envoy has it (who the
 * endpoint is as one text, who the caller is as the subject of its certificate); the agent, who knows the rest, makes Istio's labels of them where the
 * metrics are read (run/agent/envoy-metrics.ts). So that these loggers are the same for all proxies, small, and cheap per request.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TelemetrySide } from '../../model/telemetry-level.ts'
import { AccessLog } from '../gen/envoy/config/accesslog/v3/accesslog.ts'
import { Config, type Config_Stat, Config_Histogram_Unit as Unit } from '../gen/envoy/extensions/access_loggers/stats/v3/stats.ts'
import { pack } from '../wire/any.ts'

/** Series of one proxy, of each sort; more are not counted. */
const MOST_SERIES = 5000

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

const known = new IdentityMemo<AccessLog[]>()

/** @returns none for proxies that count by themselves */
export function standardMetrics(settings: MeshSettings, side: TelemetrySide, protocol: 'http' | 'tcp'): AccessLog[] {
  return settings.toldMetrics === true ? known.get([settings, side, protocol], () => [logger(side, protocol)]) : []
}

function logger(side: TelemetrySide, protocol: 'http' | 'tcp'): AccessLog {
  const tags = [
    ['reporter', side === 'client' ? 'source' : 'destination'] as const,
    ...(side === 'client' ? CLIENT_TAGS : TAGS),
    ...SERVICE_TAGS,
    ['request_protocol', protocol] as const,
    ...(protocol === 'http' ? HTTP_TAGS : []),
    ['response_flags', '%RESPONSE_FLAGS%'] as const,
  ].map(([name, valueFormat]) => ({ name, valueFormat }))
  const stat = (name: string): Config_Stat => ({ name, tags })
  const config = Config.fromPartial({
    statsScope: { prefix: '', sharingName: 'istio', maxCounters: MOST_SERIES, maxHistograms: MOST_SERIES },
    ...(protocol === 'http'
      ? {
          counters: [{ stat: stat('istio_requests_total'), valueFixed: 1 }],
          histograms: [
            { stat: stat('istio_request_duration_milliseconds'), unit: Unit.MILLISECONDS, valueFormat: '%DURATION%' },
            { stat: stat('istio_request_bytes'), unit: Unit.BYTES, valueFormat: '%DOWNSTREAM_WIRE_BYTES_RECEIVED%' },
            { stat: stat('istio_response_bytes'), unit: Unit.BYTES, valueFormat: '%DOWNSTREAM_WIRE_BYTES_SENT%' },
          ],
        }
      : {
          counters: [
            // Both at the end: only then is everything known of the connection.
            { stat: stat('istio_tcp_connections_opened_total'), valueFixed: 1 },
            { stat: stat('istio_tcp_connections_closed_total'), valueFixed: 1 },
            { stat: stat('istio_tcp_sent_bytes_total'), valueFormat: '%BYTES_SENT%' },
            { stat: stat('istio_tcp_received_bytes_total'), valueFormat: '%BYTES_RECEIVED%' },
          ],
        }),
  })
  const typedConfig = pack('envoy.extensions.access_loggers.stats.v3.Config', Config, config)
  return AccessLog.fromPartial({ name: 'envoy.access_loggers.stats', configType: { $case: 'typedConfig', value: typedConfig } })
}
