/**
 * Everything one proxy is to be sent: the entry to this folder. Pure: the same mesh and proxy give the same resources. What several proxies
 * have in common is made once, and what did not change since the last mesh is the same object (resource-cache.ts).
 */
import { gatewayPorts } from '../../model/gateway-ports.ts'
import type { Mesh } from '../../model/mesh.ts'
import { isHttpOrAuto } from '../../model/protocol.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { serviceAccounts } from '../../model/service-accounts.ts'
import type { PortCapture } from '../../model/workload.ts'
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { CLUSTER, ENDPOINT, LISTENER, NAME_TABLE, type ResourceType, ROUTE, SECRET, VIRTUAL_HOST } from '../wire/type-url.ts'
import { outboundClusters } from './cluster-outbound.ts'
import { blackHole, dynamicDns, inboundPassthrough, loopbackTunnel, passthrough } from './cluster-special.ts'
import { withDenialNotes } from './denial-notes.ts'
import type { Encoder } from './encoded.ts'
import { containedEndpoints } from './endpoints.ts'
import { grpcClusters } from './grpc-clusters.ts'
import { GrpcListeners } from './grpc-listeners.ts'
import { grpcRoutes } from './grpc-routes.ts'
import { inboundPorts } from './inbound-port.ts'
import { inboundResources } from './inbound-resources.ts'
import { jwksClusters } from './jwks-cluster.ts'
import { gatewayListeners, gatewayTables, passesByServerName } from './listeners-gateway.ts'
import { findPort, portListeners } from './listeners-ports.ts'
import { redirectListeners } from './listeners-redirect.ts'
import { lookupFamily } from './lookup-family.ts'
import { answersDns, nameTable } from './name-table.ts'
import { forwardTunnel, HTTP_PROXY_TUNNEL } from './names.ts'
import { meshFor } from './own-settings.ts'
import { withPatches } from './patch/apply.ts'
import type { ResourceCache } from './resource-cache.ts'
import type { ResourceSet } from './resource-set.ts'
import { httpProxyRoutes } from './routes-http-proxy.ts'
import { openTables, ownTable, virtualHosts, wholeTables } from './routes-sidecar.ts'
import { clientSecrets, gatewaySecrets } from './secrets.ts'
import { securityOf } from './security.ts'
import { sniPassthroughClusters } from './sni-passthrough.ts'
import { sessionsOf } from './stateful-session.ts'
import { setsForBytes } from './tcp-chains.ts'
import { withTracing } from './tracing.ts'
import { type View, viewOf } from './view.ts'

export { ResourceCache } from './resource-cache.ts'

/** By type URL; for the ADS server this is a snapshot. */
export type ProxyResources = ReadonlyMap<ResourceType, ResourceSet>

/** A set in which nothing changed since the last call for the same proxy is the same object. */
export function resourcesFor(whole: Mesh, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const mesh = meshFor(whole, proxy)
  return withPatches(withTracing(resourcesOf(mesh, proxy, cache), mesh, proxy, cache), mesh, proxy, cache)
}

function resourcesOf(mesh: Mesh, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const view = viewOf(mesh, proxy)
  switch (proxy.kind) {
    case 'sidecar':
      return sidecarResources(mesh, view, proxy, cache)
    case 'gateway':
      return gatewayResources(mesh, view, proxy, cache)
    case 'grpc':
      return grpcResources(mesh, view, proxy, cache)
  }
}

/** What the agent beside an Envoy asks for by itself; empty: it answers no questions. */
export function namesFor(whole: Mesh, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  if (!answersDns(proxy)) return new Map()
  const mesh = meshFor(whole, proxy)
  return new Map(names(mesh, viewOf(mesh, proxy), proxy, cache))
}

function names(mesh: Mesh, view: View, proxy: MeshProxy, cache: ResourceCache): [ResourceType, ResourceSet][] {
  if (!answersDns(proxy)) return []
  const made = () => nameTable(view, mesh, cache.encoder)
  return [[NAME_TABLE, cache.shared(view, NAME_TABLE, [view.scope, mesh.endpoints], made)]]
}

function sidecarResources(mesh: Mesh, view: View, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const { encoder } = cache
  const ports = proxy.capture.kind === 'ports' ? proxy.capture : undefined
  const security = securityOf(mesh, proxy)
  const inbound = inboundResources(encoder, security, proxy, inboundPorts(mesh, proxy), view.family === 'v6')
  const tunnels = encodeClusters(encoder, ports ? loopbackTunnels(view, ports) : [])
  const clusters = cache.layered(proxy.id, CLUSTER, sharedClusters(mesh, view, cache), [
    ...inbound.clusters,
    ...tunnels,
    ...encodeClusters(encoder, jwksClusters(security)),
  ])
  const { endpoints } = mesh
  const outbound = cache.shared(view, LISTENER, listenerInputs(mesh, view), () =>
    ports ? [] : encodeListeners(encoder, redirectListeners(view, endpoints)),
  )
  const own = [...(ports ? encodeListeners(encoder, portListeners(view, ports)) : []), ...inbound.listeners]
  return new Map([
    [CLUSTER, clusters],
    [ENDPOINT, cache.shared(view, ENDPOINT, endpointInputs(mesh, view), () => cache.endpoints(view, endpoints))],
    [LISTENER, cache.layered(proxy.id, LISTENER, outbound, own)],
    ...(ports ? [portRoutes(view, proxy, ports, cache)] : redirectRoutes(view, proxy, cache)),
    ...names(mesh, view, proxy, cache),
    [
      SECRET,
      cache.shared(view, SECRET, [...clusterInputs(mesh, view), mesh.certificates], () => clientSecrets(mesh, view, encoder)),
    ],
  ])
}

function redirectRoutes(view: View, proxy: MeshProxy, cache: ResourceCache): [ResourceType, ResourceSet][] {
  const { encoder } = cache
  const tables = () => cache.outboundTables(view)
  if (proxy.virtualHostsApart !== true) return [[ROUTE, cache.shared(view, ROUTE, [view], () => wholeTables(tables(), encoder))]]
  return [
    [ROUTE, cache.shared(view, ROUTE, [view], () => openTables(tables(), encoder), 'open')],
    [VIRTUAL_HOST, cache.shared(view, VIRTUAL_HOST, [view], () => virtualHosts(tables(), encoder))],
  ]
}

/** Where CONNECT to a service leads whose requests are to meet the rules all the same. */
function loopbackTunnels(view: View, { httpProxy, forwards }: PortCapture): Cluster[] {
  if (httpProxy === undefined) return []
  const looking = forwards.filter(forward => findPort(view, forward)?.port.protocol === 'auto')
  return [
    loopbackTunnel(view.settings, HTTP_PROXY_TUNNEL, httpProxy),
    ...looking.map(({ host, port, listen }) => loopbackTunnel(view.settings, forwardTunnel(host, port), listen)),
  ]
}

function portRoutes(view: View, proxy: MeshProxy, ports: PortCapture, cache: ResourceCache): [ResourceType, ResourceSet] {
  const { encoder } = cache
  const shared = cache.shared(view, ROUTE, [view], () => [httpProxyRoutes(view, encoder)])
  const forwarded = ports.forwards.flatMap(forward => {
    const found = findPort(view, forward)
    if (!found || !isHttpOrAuto(found.port.protocol)) return []
    return [ownTable(view, encoder, found.egress, found.service, found.port.number)]
  })
  return [ROUTE, cache.layered(proxy.id, ROUTE, shared, [...new Set(forwarded)])]
}

function gatewayResources(mesh: Mesh, view: View, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const { encoder } = cache
  const { endpoints } = mesh
  const ports = gatewayPorts(mesh, proxy)
  const security = securityOf(mesh, proxy)
  const listeners = withDenialNotes(gatewayListeners(view, proxy, ports, security), security, proxy)
  return new Map([
    [
      CLUSTER,
      cache.layered(
        proxy.id,
        CLUSTER,
        sharedClusters(mesh, view, cache),
        encodeClusters(encoder, [
          ...jwksClusters(security),
          ...(passesByServerName(ports) ? sniPassthroughClusters(view, endpoints) : []),
        ]),
      ),
    ],
    [ENDPOINT, cache.shared(view, ENDPOINT, endpointInputs(mesh, view), () => cache.endpoints(view, endpoints))],
    [LISTENER, cache.own(proxy.id, LISTENER, encodeListeners(encoder, listeners))],
    [ROUTE, cache.own(proxy.id, ROUTE, gatewayTables(view, encoder, ports))],
    [
      SECRET,
      cache.own(proxy.id, SECRET, [
        ...gatewaySecrets(mesh, proxy.namespace, ports, encoder),
        ...clientSecrets(mesh, view, encoder),
      ]),
    ],
  ])
}

/** Listeners are new with each state of the mesh, since it is not known which of them were asked for. */
function grpcResources(mesh: Mesh, view: View, proxy: MeshProxy, cache: ResourceCache): ProxyResources {
  const { encoder } = cache
  const { endpoints } = mesh
  return new Map<ResourceType, ResourceSet>([
    [
      CLUSTER,
      // One way of connecting for all endpoints of a cluster: which it is depends on them.
      cache.shared(view, CLUSTER, [...clusterInputs(mesh, view), endpoints], () =>
        grpcClusters(view, endpoints, serviceAccounts(mesh), encoder),
      ),
    ],
    [ENDPOINT, cache.shared(view, ENDPOINT, endpointInputs(mesh, view), () => cache.endpoints(view, endpoints))],
    [LISTENER, new GrpcListeners(view, inboundPorts(mesh, proxy), securityOf(mesh, proxy), encoder)],
    [ROUTE, cache.shared(view, ROUTE, [view], () => grpcRoutes(view, encoder))],
  ])
}

/** Clusters do not change with the routes, and few of them with the endpoints. */
function clusterInputs(mesh: Mesh, view: View): object[] {
  const { scope, trafficRules, peerPolicies, settings, identity } = view
  const parts = [scope.services, trafficRules, peerPolicies, settings, containedEndpoints(mesh.services, mesh.endpoints)]
  return identity ? [...parts, serviceAccounts(mesh)] : parts
}

function endpointInputs({ endpoints }: Mesh, { scope, trafficRules, peerPolicies, settings }: View): object[] {
  return [scope.services, trafficRules, peerPolicies, settings, endpoints]
}

/** Of the routes only those for bytes stand in outbound listeners. */
function listenerInputs(mesh: Mesh, view: View): object[] {
  const { sidecar, egress } = view.scope
  const lists = egress.flatMap(entry => [entry.services, setsForBytes(entry.routes)])
  const sessions = sessionsOf(view.routes)
  return [...clusterInputs(mesh, view), ...(sidecar ? [sidecar] : []), ...(sessions ? [sessions] : []), ...lists]
}

function sharedClusters(mesh: Mesh, view: View, cache: ResourceCache): ResourceSet {
  const { encoder } = cache
  return cache.shared(view, CLUSTER, clusterInputs(mesh, view), () => [
    ...outboundClusters(view, mesh.endpoints, serviceAccounts(mesh), encoder),
    ...encodeClusters(encoder, specialClusters(view)),
  ])
}

/** A gateway's clients go nowhere but where its routes lead. */
function specialClusters(view: View): Cluster[] {
  const { settings } = view
  if (view.kind === 'gateway') return [blackHole(settings)]
  if (view.capture === 'ports') return [blackHole(settings), dynamicDns(settings, lookupFamily(view))]
  return [blackHole(settings), passthrough(settings), inboundPassthrough(settings, view.family === 'v6')]
}

function encodeClusters(encoder: Encoder, clusters: readonly Cluster[]): EncodedResource[] {
  return clusters.map(cluster => encoder.encode(Cluster, cluster.name, cluster))
}

function encodeListeners(encoder: Encoder, listeners: readonly Listener[]): EncodedResource[] {
  return listeners.map(listener => encoder.encode(Listener, listener.name, listener))
}
