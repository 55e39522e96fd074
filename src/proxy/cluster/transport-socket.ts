/**
 * What a cluster's connections are wrapped in: nothing, or TLS; by default, or by an endpoint's metadata (transport_socket_matches).
 */
import type { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { Metadata, TransportSocket as TransportSocketMessage } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { ProxyProtocolConfig_Version } from '../../xds/gen/envoy/config/core/v3/proxy_protocol.ts'
import { ProxyProtocolUpstreamTransport } from '../../xds/gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.ts'
import { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { unpack } from '../../xds/wire/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { labelText } from '../balance/labels.ts'
import type { ProxyVersion } from '../proxy-protocol/header.ts'
import type { SecretSlot, Secrets } from '../tls/secrets.ts'
import { TlsOrigination } from './tls-origination.ts'

/** undefined: plain bytes. */
export type TransportSocket = TlsOrigination | undefined

interface Match {
  /** All of these must be among the endpoint's `envoy.transport_socket_match`. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly socket: TransportSocket
}

const RAW = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'
const TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

export class TransportSockets {
  readonly fallback: TransportSocket
  /** Each connection begins with a PROXY protocol header, before TLS; undefined: none does. */
  readonly proxyProtocol: ProxyVersion | undefined
  readonly #matches: readonly Match[]

  /** @throws on transport sockets that do not exist here, and on TLS contexts that cannot be used */
  constructor(cluster: Cluster, secrets: Secrets) {
    const all = [cluster.transportSocket, ...cluster.transportSocketMatches.map(match => match.transportSocket)]
    const versions = new Set(all.filter(socket => socket !== undefined).map(socket => unwrapped(socket).version))
    if (versions.size > 1)
      throw new Error('upstream_proxy_protocol of some transport sockets is not supported, expected it of all')
    this.proxyProtocol = [...versions][0]
    this.fallback = readTransportSocket(cluster.transportSocket, secrets)
    this.#matches = cluster.transportSocketMatches.map(({ match, transportSocket }) => ({
      fields: fieldsOf(match),
      socket: readTransportSocket(transportSocket, secrets),
    }))
  }

  /** The secrets that they refer to. */
  get secrets(): readonly SecretSlot[] {
    return [this.fallback, ...this.#matches.map(({ socket }) => socket)].flatMap(socket => socket?.secrets ?? [])
  }

  /** The first match wins; an empty one matches every endpoint. */
  choose(metadata: Metadata | undefined): TransportSocket {
    if (this.#matches.length === 0) return this.fallback
    const found = this.#matches.find(({ fields }) => hold(fields, metadata))
    return found ? found.socket : this.fallback
  }
}

/** The same choice among messages, for `explain`; undefined: none matches. */
export function chooseSocket(
  matches: Cluster['transportSocketMatches'],
  metadata: Metadata | undefined,
): TransportSocketMessage | undefined {
  return matches.find(({ match }) => hold(fieldsOf(match), metadata))?.transportSocket
}

function fieldsOf(match: Readonly<Record<string, unknown>> | undefined): Match['fields'] {
  return Object.entries(match ?? {}).map(([name, value]) => [name, labelText(value)] as const)
}

function hold(fields: Match['fields'], metadata: Metadata | undefined): boolean {
  const labels: Readonly<Record<string, unknown>> = metadata?.filterMetadata['envoy.transport_socket_match'] ?? {}
  return fields.every(([name, value]) => name in labels && labelText(labels[name]) === value)
}

const PROXY = 'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport'

function unwrapped(message: TransportSocketMessage): {
  readonly inner: TransportSocketMessage | undefined
  readonly version: ProxyVersion | undefined
} {
  const wrapper = unpack(PROXY, ProxyProtocolUpstreamTransport, message.configType?.value)
  if (wrapper === undefined) return { inner: message, version: undefined }
  if (wrapper.config?.passThroughTlvs)
    throw new Error('upstream_proxy_protocol pass_through_tlvs is not supported, expected none')
  return { inner: wrapper.transportSocket, version: wrapper.config?.version === ProxyProtocolConfig_Version.V2 ? 2 : 1 }
}

function readTransportSocket(outer: TransportSocketMessage | undefined, secrets: Secrets): TransportSocket {
  const message = outer && unwrapped(outer).inner
  const config = message?.configType?.value
  const name = config ? messageName(config.typeUrl) : message?.name
  if (name === undefined || name === RAW || name === 'envoy.transport_sockets.raw_buffer') return undefined
  const tls = unpack(TLS, UpstreamTlsContext, config)
  if (!tls) throw new Error(`transport socket "${name}" is not supported, expected raw_buffer or tls`)
  return new TlsOrigination(tls, secrets)
}
