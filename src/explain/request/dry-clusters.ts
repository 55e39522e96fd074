/** The proxy's clusters, each built when a call is about to go there: a mesh has thousands, and a call meets one or two. */

import type { Clusters } from '../../proxy/cluster/cluster.ts'
import { ClusterSet, type ClusterSetContext } from '../../proxy/cluster/cluster-set.ts'
import { chooseSocket } from '../../proxy/cluster/transport-socket.ts'
import type { UpstreamCluster } from '../../proxy/cluster/upstream-cluster.ts'
import { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { ClusterLoadAssignment } from '../../xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import type { LbEndpoint } from '../../xds/gen/envoy/config/endpoint/v3/endpoint_components.ts'
import { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import type { ProxyResources } from '../../xds/resources/proxy.ts'
import { unpack } from '../../xds/wire/any.ts'
import { CLUSTER, ENDPOINT } from '../../xds/wire/type-url.ts'

const TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

export class DryClusters implements Clusters {
  readonly #resources: ProxyResources
  readonly #set: ClusterSet
  readonly #messages = new Map<string, Cluster | undefined>()
  readonly #refused = new Map<string, string>()

  constructor(resources: ProxyResources, context: ClusterSetContext) {
    this.#resources = resources
    this.#set = new ClusterSet(context)
  }

  /** The cluster with the endpoints that the proxy would have been sent. */
  get(name: string): UpstreamCluster | undefined {
    const message = this.message(name)
    if (message === undefined || this.#refused.has(name)) return undefined
    return this.#set.get(name) ?? this.#put(message)
  }

  /** As it is sent to the proxy. */
  message(name: string): Cluster | undefined {
    if (!this.#messages.has(name)) {
      const resource = this.#resources.get(CLUSTER)?.get(name)
      this.#messages.set(name, resource && Cluster.decode(resource.bytes))
    }
    return this.#messages.get(name)
  }

  /** Why the proxy would not take a cluster that it is sent; undefined: it takes it. */
  refusal(name: string): string | undefined {
    return this.#refused.get(name)
  }

  /** How connections to one endpoint of a cluster are wrapped; undefined: plain bytes. */
  tlsOf(name: string, address: string): UpstreamTlsContext | undefined {
    const message = this.message(name)
    if (!message) return undefined
    const metadata = this.endpoints(name).find(endpoint => addressOf(endpoint) === address)?.metadata
    const socket = chooseSocket(message.transportSocketMatches, metadata) ?? message.transportSocket
    return socket?.configType && unpack(TLS, UpstreamTlsContext, socket.configType.value)
  }

  /** All endpoints of an assignment, usable or not. */
  endpoints(name: string): LbEndpoint[] {
    const message = this.message(name)
    const service = message?.edsClusterConfig?.serviceName || name
    const resource = this.#resources.get(ENDPOINT)?.get(service)
    const assignment = message?.loadAssignment ?? (resource && ClusterLoadAssignment.decode(resource.bytes))
    return assignment?.endpoints.flatMap(group => group.lbEndpoints) ?? []
  }

  #put(message: Cluster): UpstreamCluster | undefined {
    try {
      const service = this.#set.put(withoutCertificates(message))
      if (service !== undefined) {
        const resource = this.#resources.get(ENDPOINT)?.get(service)
        const empty = ClusterLoadAssignment.fromPartial({ clusterName: service })
        this.#set.putEndpoints(service, resource ? ClusterLoadAssignment.decode(resource.bytes) : empty)
      }
      return this.#set.get(message.name)
    } catch (error) {
      this.#refused.set(message.name, error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
}

/** Certificates are the proxy's own and are not here; where a request goes does not depend on them. */
function withoutCertificates(message: Cluster): Cluster {
  const { transportSocket, transportSocketMatches } = message
  return {
    ...message,
    transportSocket: transportSocket && emptied(transportSocket),
    transportSocketMatches: transportSocketMatches.map(match => ({
      ...match,
      transportSocket: match.transportSocket && emptied(match.transportSocket),
    })),
  }
}

function emptied(socket: TransportSocket): TransportSocket {
  const config = socket.configType?.value
  const tls = unpack(TLS, UpstreamTlsContext, config)
  if (!config || !tls) return socket
  const value = UpstreamTlsContext.encode(UpstreamTlsContext.fromPartial({ sni: tls.sni })).finish()
  return { ...socket, configType: { $case: 'typedConfig', value: { typeUrl: config.typeUrl, value } } }
}

/** "10.0.0.5:8080" */
export function addressOf({ hostIdentifier }: LbEndpoint): string {
  const address = hostIdentifier?.$case === 'endpoint' ? hostIdentifier.value.address?.address : undefined
  if (address?.$case === 'pipe') return address.value.path
  if (address?.$case !== 'socketAddress') return ''
  const { address: host, portSpecifier } = address.value
  return `${host.includes(':') ? `[${host}]` : host}:${portSpecifier?.value ?? 0}`
}
