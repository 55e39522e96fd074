/** Access logs to a file, as the mesh settings ask for. The default line is Istio's. */
import { remembering } from '../../lib/identity-memo.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { AccessLog } from '../gen/envoy/config/accesslog/v3/accesslog.ts'
import { FileAccessLog } from '../gen/envoy/extensions/access_loggers/file/v3/file.ts'
import { pack } from '../wire/any.ts'

const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% ' +
  '%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" ' +
  '"%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

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

/** For HTTP connection managers and TCP proxies alike. */
export const accessLogs = remembering((settings: MeshSettings): AccessLog[] => {
  if (settings.accessLogFile === '') return []
  const config = FileAccessLog.fromPartial({
    path: settings.accessLogFile,
    accessLogFormat: {
      $case: 'logFormat',
      value: settings.accessLogJson
        ? { format: { $case: 'jsonFormat', value: jsonFormat(settings.accessLogFormat) } }
        : {
            format: {
              $case: 'textFormatSource',
              value: { specifier: { $case: 'inlineString', value: settings.accessLogFormat || DEFAULT_FORMAT } },
            },
          },
    },
  })
  const typedConfig = pack('envoy.extensions.access_loggers.file.v3.FileAccessLog', FileAccessLog, config)
  return [AccessLog.fromPartial({ name: 'envoy.access_loggers.file', configType: { $case: 'typedConfig', value: typedConfig } })]
})

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
