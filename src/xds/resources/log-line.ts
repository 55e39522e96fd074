/** What the lines of all access logs have in common: Istio's default, and the extensions that some operators are. */
import type { LogForm } from '../../model/extension-provider.ts'
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts'
import { ReqWithoutQuery } from '../gen/envoy/extensions/formatter/req_without_query/v3/req_without_query.ts'
import { pack } from '../wire/any.ts'

export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% ' +
  '%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" ' +
  '"%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

/** Operators that Envoy has as extensions, where the format uses them. */
export function formatters({ text, labels }: LogForm): TypedExtensionConfig[] {
  if (!`${text ?? ''} ${JSON.stringify(labels ?? {})}`.includes('%REQ_WITHOUT_QUERY(')) return []
  const type = 'envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery'
  const typedConfig = pack(type, ReqWithoutQuery, ReqWithoutQuery.fromPartial({}))
  return [TypedExtensionConfig.fromPartial({ name: 'envoy.formatter.req_without_query', typedConfig })]
}
