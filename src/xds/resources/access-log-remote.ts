/** Access logs to collectors by gRPC: Envoy's own service for requests and for connections, and OpenTelemetry's. */
import type { ProviderService, RemoteLogProvider } from '../../model/extension-provider.ts'
import type { AccessLog } from '../gen/envoy/config/accesslog/v3/accesslog.ts'
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source.ts'
import {
  CommonGrpcAccessLogConfig,
  HttpGrpcAccessLogConfig,
  TcpGrpcAccessLogConfig,
} from '../gen/envoy/extensions/access_loggers/grpc/v3/als.ts'
import { OpenTelemetryAccessLogConfig } from '../gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service.ts'
import type { AnyValue } from '../gen/opentelemetry/proto/common/v1/common.ts'
import { pack } from '../wire/any.ts'
import { DEFAULT_FORMAT, formatters } from './log-line.ts'
import { outboundCluster } from './names.ts'

/** A logger without its filter. */
export type Logger = Pick<AccessLog, 'name' | 'configType'>

/** Istio's names of logs. */
const HTTP_LOG = 'http_envoy_accesslog'
const TCP_LOG = 'tcp_envoy_accesslog'
const OTEL_LOG = 'otel_envoy_accesslog'
/** Who the other side is, where data planes keep it (Istio's default of filterStateObjectsToLog). */
const PEERS = ['upstream_peer', 'downstream_peer']

export function httpLogger(provider: RemoteLogProvider): Logger {
  const type = 'envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig'
  const config = HttpGrpcAccessLogConfig.fromPartial({
    additionalRequestHeadersToLog: [...provider.requestHeaders],
    additionalResponseHeadersToLog: [...provider.responseHeaders],
    additionalResponseTrailersToLog: [...provider.responseTrailers],
  })
  config.commonConfig = common(provider, HTTP_LOG)
  const value = pack(type, HttpGrpcAccessLogConfig, config)
  return { name: 'envoy.access_loggers.http_grpc', configType: { $case: 'typedConfig', value } }
}

export function tcpLogger(provider: RemoteLogProvider): Logger {
  const type = 'envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig'
  const value = pack(type, TcpGrpcAccessLogConfig, { commonConfig: common(provider, TCP_LOG) })
  return { name: 'envoy.access_loggers.tcp_grpc', configType: { $case: 'typedConfig', value } }
}

/** The line is the body of a record, and the provider's labels are its attributes. */
export function openTelemetryLogger(provider: RemoteLogProvider): Logger {
  const { text, labels } = provider.form
  const config = OpenTelemetryAccessLogConfig.fromPartial({ formatters: formatters(provider.form) })
  config.commonConfig = { ...common(provider, OTEL_LOG), filterStateObjectsToLog: [] }
  config.body = { value: { $case: 'stringValue', value: text || DEFAULT_FORMAT.trimEnd() } }
  config.attributes = { values: Object.entries(labels ?? {}).map(([key, value]) => ({ key, value: anyValue(value) })) }
  const value = pack(
    'envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig',
    OpenTelemetryAccessLogConfig,
    config,
  )
  return { name: 'envoy.access_loggers.open_telemetry', configType: { $case: 'typedConfig', value } }
}

function common({ service, logName, filterStates }: RemoteLogProvider, standard: string): CommonGrpcAccessLogConfig {
  return CommonGrpcAccessLogConfig.fromPartial({
    logName: logName || standard,
    grpcService: {
      targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: collectorCluster(service), authority: service.host } },
    },
    transportApiVersion: ApiVersion.V3,
    filterStateObjectsToLog: filterStates.length > 0 ? [...filterStates] : PEERS,
  })
}

function collectorCluster({ host, port }: ProviderService): string {
  return outboundCluster(port, '', host)
}

/** OpenTelemetry's values are texts here, or made of texts. */
function anyValue(value: unknown): AnyValue {
  if (Array.isArray(value)) return { value: { $case: 'arrayValue', value: { values: value.map(anyValue) } } }
  if (typeof value === 'object' && value !== null) {
    const values = Object.entries(value).map(([key, part]) => ({ key, value: anyValue(part) }))
    return { value: { $case: 'kvlistValue', value: { values } } }
  }
  return { value: { $case: 'stringValue', value: String(value) } }
}
