/**
 * What a cluster's connections are wrapped in: nothing, or TLS; by default, or by an endpoint's metadata (transport_socket_matches).
 */
import type { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { Metadata, TransportSocket as TransportSocketMessage } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { unpack } from '../../xds/wire/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { labelText } from '../balance/labels.ts'
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
  readonly #matches: readonly Match[]

  /** @throws on transport sockets that do not exist here, and on TLS contexts that cannot be used */
  constructor(cluster: Cluster, secrets: Secrets) {
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

function readTransportSocket(message: TransportSocketMessage | undefined, secrets: Secrets): TransportSocket {
  const config = message?.configType?.value
  const name = config ? messageName(config.typeUrl) : message?.name
  if (name === undefined || name === RAW || name === 'envoy.transport_sockets.raw_buffer') return undefined
  const tls = unpack(TLS, UpstreamTlsContext, config)
  if (!tls) throw new Error(`transport socket "${name}" is not supported, expected raw_buffer or tls`)
  return new TlsOrigination(tls, secrets)
}
