/** Access logs to files and to collectors, as Telemetry or the mesh's settings ask for. The default line is Istio's. */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import type { ExtensionProvider, FileLogProvider, LogForm } from '../../model/extension-provider.ts'
import { FILE_PROVIDER } from '../../model/log-target.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TelemetrySide } from '../../model/telemetry-level.ts'
import { AccessLog, AccessLogFilter } from '../gen/envoy/config/accesslog/v3/accesslog.ts'
import { DataSource } from '../gen/envoy/config/core/v3/base.ts'
import type { SubstitutionFormatString } from '../gen/envoy/config/core/v3/substitution_format_string.ts'
import { FileAccessLog } from '../gen/envoy/extensions/access_loggers/file/v3/file.ts'
import { ExpressionFilter } from '../gen/envoy/extensions/access_loggers/filters/cel/v3/cel.ts'
import { pack } from '../wire/any.ts'
import { httpLogger, type Logger, openTelemetryLogger, tcpLogger } from './access-log-remote.ts'
import { DEFAULT_FORMAT, formatters } from './log-line.ts'

/** The fields of the default line under Istio's names. */
const DEFAULT_JSON: Readonly<Record<string, string>> = {
  start_time: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  route_name: '%ROUTE_NAME%',
}

/** For HTTP connection managers and TCP proxies. */
export function accessLogs(settings: MeshSettings, side: TelemetrySide, protocol: 'http' | 'tcp'): AccessLog[] {
  if (settings.logs === undefined) return meshFile(settings)
  return targetLogs.get([settings, side, protocol], () => ofTargets(settings, side, protocol))
}

const targetLogs = new IdentityMemo<AccessLog[]>()

/** The mesh's file, where no Telemetry says anything. */
const meshFile = remembering((settings: MeshSettings): AccessLog[] =>
  settings.accessLogFile === '' ? [] : [AccessLog.fromPartial(fileLogger(meshProvider(settings)))],
)

function ofTargets({ logs, ...settings }: MeshSettings, side: TelemetrySide, protocol: 'http' | 'tcp'): AccessLog[] {
  return (logs?.[side] ?? []).flatMap(({ provider: name, filter }) => {
    const provider = settings.extensionProviders.get(name) ?? (name === FILE_PROVIDER ? meshProvider(settings) : undefined)
    const logger = provider && loggerOf(provider, protocol)
    return logger ? [AccessLog.fromPartial({ ...logger, filter: celFilter(filter) })] : []
  })
}

/** @returns undefined: it is not for logs of this protocol */
function loggerOf(provider: ExtensionProvider, protocol: 'http' | 'tcp'): Logger | undefined {
  switch (provider.kind) {
    case 'file-log':
      return fileLogger(provider)
    case 'opentelemetry-log':
      return openTelemetryLogger(provider)
    case 'http-log':
      return protocol === 'http' ? httpLogger(provider) : undefined
    case 'tcp-log':
      return protocol === 'tcp' ? tcpLogger(provider) : undefined
    default:
      return undefined
  }
}

/** What the mesh's settings say of logs, as a provider. */
function meshProvider({ accessLogFile, accessLogFormat, accessLogJson }: MeshSettings): FileLogProvider {
  const form = accessLogJson
    ? { text: undefined, labels: jsonFormat(accessLogFormat) }
    : { text: accessLogFormat, labels: undefined }
  return { kind: 'file-log', path: accessLogFile || '/dev/stdout', form, omitEmpty: false }
}

function fileLogger({ path, form, omitEmpty }: FileLogProvider): Logger {
  const config = FileAccessLog.fromPartial({
    path,
    accessLogFormat: {
      $case: 'logFormat',
      value: { ...lineFormat(form), omitEmptyValues: omitEmpty, formatters: formatters(form) },
    },
  })
  const typedConfig = pack('envoy.extensions.access_loggers.file.v3.FileAccessLog', FileAccessLog, config)
  return { name: 'envoy.access_loggers.file', configType: { $case: 'typedConfig', value: typedConfig } }
}

function lineFormat({ text, labels }: LogForm): Pick<SubstitutionFormatString, 'format'> {
  if (labels !== undefined)
    return { format: { $case: 'jsonFormat', value: Object.keys(labels).length > 0 ? labels : DEFAULT_JSON } }
  // A line ends, whatever its format says.
  const line = text ? (text.endsWith('\n') ? text : `${text}\n`) : DEFAULT_FORMAT
  return {
    format: { $case: 'textFormatSource', value: DataSource.fromPartial({ specifier: { $case: 'inlineString', value: line } }) },
  }
}

function celFilter(expression: string): AccessLogFilter | undefined {
  if (expression === '') return undefined
  const type = 'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter'
  const typedConfig = pack(type, ExpressionFilter, ExpressionFilter.fromPartial({ expression }))
  return AccessLogFilter.fromPartial({
    filterSpecifier: {
      $case: 'extensionFilter',
      value: { name: 'envoy.access_loggers.extension_filters.cel', configType: { $case: 'typedConfig', value: typedConfig } },
    },
  })
}

/** The settings hold the fields as JSON text; what does not parse to an object is replaced by the default. */
function jsonFormat(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  } catch {
    // Told where the settings are read; here the default has to do.
  }
  return DEFAULT_JSON
}
