/**
 * What a sidecar tells the caller when its application takes no connection, which is so for a moment whenever a pod ends: applications close their
 * port as soon as they are told to end, and callers hear of the endpoint's end a little later. Nothing was processed, so the answer says what
 * Istio's default retries ("unavailable") try again at another endpoint, over HTTP/1.1 and HTTP/2, with either engine.
 */
import { HeaderValueOption_HeaderAppendAction as AppendAction } from '../gen/envoy/config/core/v3/base.ts'
import { LocalReplyConfig } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'

/** grpc-status of UNAVAILABLE: Envoy's retries look for it in every answer's head, of whatever content type. */
const UNAVAILABLE = '14'

export const SAY_UNAVAILABLE: LocalReplyConfig = LocalReplyConfig.fromPartial({
  mappers: [
    {
      filter: { filterSpecifier: { $case: 'responseFlagFilter', value: { flags: ['UF'] } } },
      headersToAdd: [
        { header: { key: 'grpc-status', value: UNAVAILABLE }, appendAction: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD },
      ],
    },
  ],
})
