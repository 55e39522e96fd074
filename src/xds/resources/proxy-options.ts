/** What a proxy is told of itself (Istio's ProxyConfig), as far as its HTTP connection managers are concerned. */
import type { ClientCertificateHeader, ConnectionLimits } from '../../model/proxy-settings.ts'
import { HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores } from '../gen/envoy/config/core/v3/protocol.ts'
import {
  HttpConnectionManager_ForwardClientCertDetails as ClientCertificates,
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  HttpConnectionManager,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { HttpConnection } from './http-connection.ts'
import { duration } from './values.ts'

const CLIENT_CERTIFICATES: Readonly<Record<ClientCertificateHeader, ClientCertificates>> = {
  sanitize: ClientCertificates.SANITIZE,
  'forward-only': ClientCertificates.FORWARD_ONLY,
  'append-forward': ClientCertificates.APPEND_FORWARD,
  'sanitize-set': ClientCertificates.SANITIZE_SET,
  'always-forward-only': ClientCertificates.ALWAYS_FORWARD_ONLY,
}

/** What holds for gateways with the profile EDGE where nothing is said: Envoy's advice for proxies that strangers reach. */
const EDGE: ConnectionLimits = {
  idleMs: 3_600_000,
  requestMs: 300_000,
  headersMs: 60_000,
  streamIdleMs: 300_000,
  maxStreams: 100,
  streamWindow: 65_536,
  connectionWindow: 1_048_576,
  underscores: 'reject',
  mergeSlashes: true,
  escapedSlashes: 'redirect',
}

/** Over what the manager has otherwise. */
export function proxyOptions({ settings, direction }: HttpConnection): Partial<HttpConnectionManager> {
  const { proxyDefaults: own } = settings
  const gateway = direction === 'gateway'
  const { connections, headers } = own
  const limits = connections?.edge && gateway ? { ...EDGE, ...withoutUndefined(connections) } : connections
  const certificate = headers?.clientCertificate ?? (gateway ? own.gatewayClientCertificate : undefined)
  const parts = headers?.certificateParts
  return {
    ...(limits && connectionOptions(limits)),
    ...(gateway && own.trustedProxies ? { xffNumTrustedHops: own.trustedProxies } : {}),
    ...(direction !== 'outbound' && certificate ? { forwardClientCertDetails: CLIENT_CERTIFICATES[certificate] } : {}),
    ...(direction !== 'outbound' && parts ? { setCurrentClientCertDetails: { ...parts } } : {}),
    ...(headers?.noRequestId ? { generateRequestId: false } : {}),
    ...(headers?.noServer ? { serverHeaderTransformation: ServerHeader.PASS_THROUGH } : {}),
    ...(headers?.server && direction !== 'outbound' ? { serverName: headers.server } : {}),
    ...(headers?.forwardedPort ? { appendXForwardedPort: true } : {}),
  }
}

function withoutUndefined(limits: ConnectionLimits): ConnectionLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

const UNDERSCORES = { allow: Underscores.ALLOW, reject: Underscores.REJECT_REQUEST, drop: Underscores.DROP_HEADER } as const
const ESCAPED_SLASHES = {
  default: EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT,
  keep: EscapedSlashes.KEEP_UNCHANGED,
  reject: EscapedSlashes.REJECT_REQUEST,
  redirect: EscapedSlashes.UNESCAPE_AND_REDIRECT,
  forward: EscapedSlashes.UNESCAPE_AND_FORWARD,
} as const

function connectionOptions(limits: ConnectionLimits): Partial<HttpConnectionManager> {
  const { idleMs, underscores, maxStreams, streamWindow, connectionWindow, escapedSlashes } = limits
  const common = idleMs !== undefined || underscores !== undefined
  const http2 = [maxStreams, streamWindow, connectionWindow].some(value => value !== undefined)
  const made = HttpConnectionManager.fromPartial({
    commonHttpProtocolOptions: common
      ? {
          idleTimeout: idleMs === undefined ? undefined : duration(idleMs),
          headersWithUnderscoresAction: UNDERSCORES[underscores ?? 'allow'],
        }
      : undefined,
    http2ProtocolOptions: http2
      ? {
          maxConcurrentStreams: maxStreams,
          initialStreamWindowSize: streamWindow,
          initialConnectionWindowSize: connectionWindow,
        }
      : undefined,
  })
  return {
    ...(common ? { commonHttpProtocolOptions: made.commonHttpProtocolOptions } : {}),
    ...(http2 ? { http2ProtocolOptions: made.http2ProtocolOptions } : {}),
    ...(limits.requestMs === undefined ? {} : { requestTimeout: duration(limits.requestMs) }),
    ...(limits.headersMs === undefined ? {} : { requestHeadersTimeout: duration(limits.headersMs) }),
    ...(limits.streamIdleMs === undefined ? {} : { streamIdleTimeout: duration(limits.streamIdleMs) }),
    ...(limits.mergeSlashes === undefined ? {} : { mergeSlashes: limits.mergeSlashes }),
    ...(escapedSlashes === undefined ? {} : { pathWithEscapedSlashesAction: ESCAPED_SLASHES[escapedSlashes] }),
  }
}
