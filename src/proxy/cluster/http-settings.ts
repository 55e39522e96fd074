/**
 * How a cluster is spoken to: protocol, and the life of its connections (envoy.extensions.upstreams.http.v3.HttpProtocolOptions, or the
 * older fields of the cluster itself).
 */
import { type Cluster, Cluster_ClusterProtocolSelection } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { HttpProtocolOptions } from '../../xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts'
import { unpack } from '../../xds/wire/any.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { type Http2Options, http2Options } from '../http2/options.ts'

/** 'downstream': as the request came; 'auto': what TLS agrees on (ALPN). */
export type UpstreamProtocol = 'http1' | 'http2' | 'downstream' | 'auto'

export interface HttpSettings {
  readonly protocol: UpstreamProtocol
  readonly http2: Http2Options
  /** Milliseconds without a stream until a connection is closed; 0: never. */
  readonly idleTimeoutMs: number
  /** Milliseconds until a connection takes no more requests; 0: never. */
  readonly maxConnectionMs: number
  /** Requests until a connection takes no more; 0: no limit. */
  readonly maxRequestsPerConnection: number
  /** HTTP/1.1 requests share connections with peers that take them so. Our own control plane says so in metadata. */
  readonly shared: boolean
  /** The request's authority is the name asked for in TLS. */
  readonly autoSni: boolean
  /** ... and must be among the names of the certificate. */
  readonly autoSanValidation: boolean
}

const EXTENSION = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
/** Envoy's default. */
const IDLE_TIMEOUT_MS = 3_600_000

/** @throws when the options ask for what there is not: HTTP/3 */
export function httpSettings(cluster: Cluster): HttpSettings {
  const options = unpack(EXTENSION, HttpProtocolOptions, cluster.typedExtensionProtocolOptions[EXTENSION])
  const { protocol, http2 } = options ? chosen(options) : legacy(cluster)
  const common = options?.commonHttpProtocolOptions ?? cluster.commonHttpProtocolOptions
  const upstream = options?.upstreamHttpProtocolOptions ?? cluster.upstreamHttpProtocolOptions
  return {
    protocol,
    http2,
    shared: protocol === 'http1' && cluster.metadata?.filterMetadata['mizzen.dev']?.['shared'] === true,
    idleTimeoutMs: durationMs(common?.idleTimeout) ?? IDLE_TIMEOUT_MS,
    maxConnectionMs: durationMs(common?.maxConnectionDuration) ?? 0,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
    autoSni: upstream?.autoSni ?? false,
    autoSanValidation: upstream?.autoSanValidation ?? false,
  }
}

function chosen(options: HttpProtocolOptions): { protocol: UpstreamProtocol; http2: Http2Options } {
  const choice = options.upstreamProtocolOptions
  switch (choice?.$case) {
    case 'explicitHttpConfig': {
      const explicit = choice.value.protocolConfig
      if (explicit?.$case === 'http3ProtocolOptions')
        throw new Error('HTTP/3 to upstreams is not supported, expected HTTP/1.1 or HTTP/2')
      if (explicit?.$case === 'http2ProtocolOptions') return { protocol: 'http2', http2: http2Options(explicit.value) }
      return { protocol: 'http1', http2: http2Options() }
    }
    case 'useDownstreamProtocolConfig':
      return { protocol: 'downstream', http2: http2Options(choice.value.http2ProtocolOptions) }
    case 'autoConfig':
      return { protocol: 'auto', http2: http2Options(choice.value.http2ProtocolOptions) }
    case undefined:
      throw new Error(`${EXTENSION} has no upstream_protocol_options, expected explicit_http_config, auto_config or the like`)
  }
}

function legacy(cluster: Cluster): { protocol: UpstreamProtocol; http2: Http2Options } {
  const options = cluster.http2ProtocolOptions
  const http2 = http2Options(options)
  if (cluster.protocolSelection === Cluster_ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL)
    return { protocol: 'downstream', http2 }
  return { protocol: options ? 'http2' : 'http1', http2 }
}
