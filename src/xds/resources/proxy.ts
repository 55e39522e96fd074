/**
 * Everything one proxy is to be sent: the entry to this folder. Pure: the same mesh and proxy give the same resources. What several proxies
 * have in common is made once, and what did not change since the last mesh is the same object (see encoded.ts, virtual-host.ts).
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { gatewayPorts } from '../../model/gateway-ports.ts'
import type { Mesh } from '../../model/mesh.ts'
import { isHttpOrAuto } from '../../model/protocol.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { CLUSTER, ENDPOINT, LISTENER, RESOURCE_TYPES, type ResourceType, ROUTE, SECRET } from '../wire/type-url.ts'
import { inboundClusterFor } from './cluster-inbound.ts'
import { outboundClusters } from './cluster-outbound.ts'
import { blackHole, dynamicDns, httpProxyTunnel, inboundPassthrough, passthrough } from './cluster-special.ts'
import { Encoder } from './encoded.ts'
import { endpointResources } from './endpoints.ts'
import { grpcClusters } from './grpc-clusters.ts'
import { GrpcListeners } from './grpc-listeners.ts'
import { grpcRoutes } from './grpc-routes.ts'
import { inboundPorts } from './inbound-port.ts'
import { gatewayListeners, gatewayTables } from './listeners-gateway.ts'
import { inboundListeners } from './listeners-inbound.ts'
import { findPort, portListeners } from './listeners-ports.ts'
import { redirectListeners } from './listeners-redirect.ts'
import { lookupFamily } from './lookup-family.ts'
import type { ResourceSet } from './resource-set.ts'
import { httpProxyRoutes } from './routes-http-proxy.ts'
import { ownTable, sidecarRoutes } from './routes-sidecar.ts'
import { gatewaySecrets } from './secrets.ts'
import { type View, viewOf } from './view.ts'

type ResourceMap = ReadonlyMap<string, EncodedResource>
/** By type URL; for the ADS server this is a snapshot. */
export type ProxyResources = ReadonlyMap<ResourceType, ResourceSet>

/** Keep one for the life of the control plane. */
export class ResourceCache {
  readonly encoder = new Encoder()
  readonly shared = new IdentityMemo<readonly EncodedResource[]>()
  readonly #sets = new Map<string, ResourceMap>()

  /** The map of a proxy's last call where nothing in it changed, so that its reader need not look inside. */
  settle(proxy: string, type: ResourceType, resources: readonly EncodedResource[]): ResourceMap {
    const key = `${type} ${proxy}`
    const before = this.#sets.get(key)
    if (before && before.size === resources.length && resources.every(resource => before.get(resource.name) === resource))
      return before
    const now = new Map(resources.map(resource => [resource.name, resource]))
    this.#sets.set(key, now)
    return now
  }

  /** A proxy that is gone. */
  forget(proxy: string): void {
    for (const key of this.#sets.keys()) if (key.endsWith(` ${proxy}`)) this.#sets.delete(key)
  }
}

export function resourcesFor(mesh: Mesh, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const view = viewOf(mesh, proxy)
  if (proxy.kind === 'grpc') return grpcResources(view, proxy, cache)
  const made = proxy.kind === 'gateway' ? gatewayResources(view, proxy, cache) : sidecarResources(view, proxy, cache)
  return new Map(RESOURCE_TYPES.map(type => [type, cache.settle(proxy.id, type, made[type] ?? [])]))
}

/** A new state of the mesh gives new listeners, since it is not known which of them were asked for. */
function grpcResources(view: View, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const { encoder, shared } = cache
  const settle = (type: ResourceType, make: () => readonly EncodedResource[]) =>
    cache.settle(proxy.id, type, shared.get([view, type], make))
  return new Map<ResourceType, ResourceSet>([
    [CLUSTER, settle(CLUSTER, () => grpcClusters(view, encoder))],
    [ENDPOINT, settle(ENDPOINT, () => endpointResources(view, encoder))],
    [LISTENER, new GrpcListeners(view, inboundPorts(view.mesh, proxy), encoder)],
    [ROUTE, settle(ROUTE, () => grpcRoutes(view, encoder))],
  ])
}

type Made = Partial<Record<ResourceType, readonly EncodedResource[]>>

function sidecarResources(view: View, proxy: MeshProxy, cache: ResourceCache): Made {
  const { encoder, shared } = cache
  const { settings } = view.mesh
  const ipv6 = view.family === 'v6'
  const inbound = inboundPorts(view.mesh, proxy)
  const inboundParts = inbound.map(port => inboundClusterFor(settings, port, ipv6))
  const httpProxy = proxy.capture.kind === 'ports' ? proxy.capture.httpProxy : undefined
  const tunnels = httpProxy === undefined ? [] : [httpProxyTunnel(settings, httpProxy)]
  const clusters = [
    ...shared.get([view, CLUSTER], () => [...outboundClusters(view, encoder), ...specialClusters(view, encoder)]),
    ...[...inboundParts, ...tunnels].map(cluster => encoder.encode(Cluster, cluster.name, cluster)),
  ]
  const outbound =
    proxy.capture.kind === 'ports'
      ? encodeListeners(encoder, portListeners(view, proxy.capture))
      : shared.get([view, LISTENER], () => encodeListeners(encoder, redirectListeners(view)))
  return {
    [CLUSTER]: clusters,
    [ENDPOINT]: shared.get([view, ENDPOINT], () => endpointResources(view, encoder)),
    [LISTENER]: [...outbound, ...encodeListeners(encoder, inboundListeners(settings, proxy, inbound))],
    [ROUTE]: routes(view, proxy, cache),
  }
}

function gatewayResources(view: View, proxy: MeshProxy, { encoder, shared }: ResourceCache): Made {
  const ports = gatewayPorts(view.mesh, proxy)
  return {
    [CLUSTER]: shared.get([view, CLUSTER], () => [...outboundClusters(view, encoder), ...specialClusters(view, encoder)]),
    [ENDPOINT]: shared.get([view, ENDPOINT], () => endpointResources(view, encoder)),
    [LISTENER]: encodeListeners(encoder, gatewayListeners(view, proxy, ports)),
    [ROUTE]: gatewayTables(view, encoder, ports),
    [SECRET]: gatewaySecrets(view.mesh, proxy.namespace, ports, encoder),
  }
}

function routes(view: View, proxy: MeshProxy, { encoder, shared }: ResourceCache): readonly EncodedResource[] {
  if (proxy.capture.kind === 'redirect') return shared.get([view, ROUTE], () => sidecarRoutes(view, encoder))
  const forwarded = proxy.capture.forwards.flatMap(forward => {
    const found = findPort(view, forward)
    if (!found || !isHttpOrAuto(found.port.protocol)) return []
    return shared.get([view, found.service, found.port], () => [
      ownTable(view, encoder, found.egress, found.service, found.port.number),
    ])
  })
  return [...shared.get([view, ROUTE], () => [httpProxyRoutes(view, encoder)]), ...new Set(forwarded)]
}

function specialClusters(view: View, encoder: Encoder): EncodedResource[] {
  return specialKinds(view).map(cluster => encoder.encode(Cluster, cluster.name, cluster))
}

/** A gateway's clients go nowhere but where its routes lead. */
function specialKinds(view: View): Cluster[] {
  const { settings } = view.mesh
  if (view.kind === 'gateway') return [blackHole(settings)]
  if (view.capture === 'ports') return [blackHole(settings), dynamicDns(settings, lookupFamily(view))]
  return [blackHole(settings), passthrough(settings), inboundPassthrough(settings, view.family === 'v6')]
}

function encodeListeners(encoder: Encoder, listeners: readonly Listener[]): EncodedResource[] {
  return listeners.map(listener => encoder.encode(Listener, listener.name, listener))
}
