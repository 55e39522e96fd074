/**
 * A PROXY protocol header at the beginning of each connection to a service (DestinationRule trafficPolicy.proxyProtocol): the socket of each endpoint, TLS
 * or not, is wrapped.
 */
import { type Cluster, Cluster_TransportSocketMatch } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { ProxyProtocolConfig_Version as Version } from '../gen/envoy/config/core/v3/proxy_protocol.ts'
import { ProxyProtocolUpstreamTransport } from '../gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.ts'
import { pack } from '../wire/any.ts'
import { PLAINTEXT } from './plaintext-socket.ts'

type Sockets = Pick<Cluster, 'transportSocket' | 'transportSocketMatches'>

/** @param version undefined: no header */
export function introducing({ transportSocket, transportSocketMatches }: Sockets, version: 1 | 2 | undefined): Sockets {
  if (version === undefined) return { transportSocket, transportSocketMatches }
  const matches = transportSocketMatches.map(match =>
    Cluster_TransportSocketMatch.fromPartial({ ...match, transportSocket: wrapped(match.transportSocket, version) }),
  )
  return {
    transportSocket: matches.length > 0 ? transportSocket : wrapped(transportSocket, version),
    transportSocketMatches: matches,
  }
}

function wrapped(inner: TransportSocket | undefined, version: 1 | 2): TransportSocket {
  const message = ProxyProtocolUpstreamTransport.fromPartial({
    config: { version: version === 1 ? Version.V1 : Version.V2 },
    transportSocket: inner ?? PLAINTEXT,
  })
  const type = 'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport'
  return TransportSocket.fromPartial({
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    configType: { $case: 'typedConfig', value: pack(type, ProxyProtocolUpstreamTransport, message) },
  })
}
