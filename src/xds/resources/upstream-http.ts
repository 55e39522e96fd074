/** Which HTTP version a cluster speaks and how its connections age (Envoy HttpProtocolOptions). */
import { isHttp, isHttp2, type Protocol } from '../../model/protocol.ts'
import type { ConnectionPool } from '../../model/traffic-policy.ts'
import {
  HttpProtocolOptions as CommonOptions,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
} from '../gen/envoy/config/core/v3/protocol.ts'
import {
  HttpProtocolOptions,
  type HttpProtocolOptions_ExplicitHttpConfig,
  HttpProtocolOptions_UseDownstreamHttpConfig,
} from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { pack } from '../wire/any.ts'
import { duration, optionalDuration } from './values.ts'

const NAME = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

export interface UpstreamHttp {
  readonly protocol: Protocol
  /**
   * Where nothing is said of the protocol, HTTP/2 goes to who is asked in HTTP/2. Not at a gateway, as with Istio: browsers speak HTTP/2 with
   * it, and applications that do not say so rarely do.
   */
  readonly followsClient: boolean
  readonly pool: ConnectionPool | undefined
  /** The mesh's setting: HTTP/2 also for what is declared HTTP. */
  readonly upgradeToHttp2: boolean
  /** TLS with a server name taken from the request's host, checked against the certificate. */
  readonly automaticServerName: boolean
}

/** @returns for Cluster.typed_extension_protocol_options; empty where Envoy's default, HTTP/1.1, is meant */
export function upstreamHttp(options: UpstreamHttp): Record<string, Any> {
  const common = commonOptions(options.pool)
  const version = httpVersion(options)
  if (!version && !common && !options.automaticServerName) return {}
  const message = HttpProtocolOptions.fromPartial({
    commonHttpProtocolOptions: common,
    upstreamHttpProtocolOptions: options.automaticServerName ? { autoSni: true, autoSanValidation: true } : undefined,
    upstreamProtocolOptions: version ?? HTTP1,
  })
  return { [NAME]: pack(NAME, HttpProtocolOptions, message) }
}

type Version = HttpProtocolOptions['upstreamProtocolOptions']

const HTTP1 = explicit({ $case: 'httpProtocolOptions', value: Http1ProtocolOptions.fromPartial({}) })

function httpVersion({ protocol, followsClient, pool, upgradeToHttp2 }: UpstreamHttp): Version {
  const http2 = http2Options(pool)
  const upgraded = pool?.http2 === 'upgrade' || (upgradeToHttp2 && isHttp(protocol) && pool?.http2 !== 'never')
  if (isHttp2(protocol) || (upgraded && !pool?.useClientProtocol))
    return explicit({ $case: 'http2ProtocolOptions', value: http2 })
  if (!(protocol === 'auto' && followsClient) && !pool?.useClientProtocol) return undefined
  return {
    $case: 'useDownstreamProtocolConfig',
    value: HttpProtocolOptions_UseDownstreamHttpConfig.fromPartial({ httpProtocolOptions: {}, http2ProtocolOptions: http2 }),
  }
}

function explicit(protocolConfig: HttpProtocolOptions_ExplicitHttpConfig['protocolConfig']): Version {
  return { $case: 'explicitHttpConfig', value: { protocolConfig } }
}

function http2Options(pool: ConnectionPool | undefined): Http2ProtocolOptions {
  const keepalive = pool?.http2Keepalive
  return Http2ProtocolOptions.fromPartial({
    maxConcurrentStreams: pool?.maxConcurrentStreams,
    connectionKeepalive: keepalive && { interval: duration(keepalive.intervalMs), timeout: duration(keepalive.timeoutMs) },
  })
}

function commonOptions(pool: ConnectionPool | undefined): CommonOptions | undefined {
  const idle = pool?.httpIdleTimeoutMs ?? pool?.tcpIdleTimeoutMs
  const { maxRequestsPerConnection, maxConnectionDurationMs } = pool ?? {}
  if (idle === undefined && maxRequestsPerConnection === undefined && maxConnectionDurationMs === undefined) return undefined
  return CommonOptions.fromPartial({
    idleTimeout: optionalDuration(idle),
    maxConnectionDuration: optionalDuration(maxConnectionDurationMs),
    maxRequestsPerConnection,
  })
}
