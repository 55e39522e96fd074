/**
 * Gateways that pass mutual TLS on to the service that its server name spells out (AUTO_PASSTHROUGH): a chain and a cluster for each service
 * port and subset. What passes is encrypted from end to end, so these clusters add nothing of their own.
 */
import { isHttpOrAuto } from '../../model/protocol.ts'
import { serviceKey } from '../../model/service.ts'
import type { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { type ClusterInputs, clusterInputs, discoveryOf } from './cluster-inputs.ts'
import { clusterOf } from './cluster-outbound.ts'
import type { MeshEndpoints } from './endpoints.ts'
import { MESH_ANY, MESH_BYTES } from './mesh-tls.ts'
import { serverNameOf } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { tcpTo } from './tcp-proxy.ts'
import { ruleFor, type View } from './view.ts'

export function sniPassthroughClusters(view: View, endpoints: MeshEndpoints): Cluster[] {
  return targets(view, endpoints).flatMap(inputs => {
    const cluster = clusterOf(inputs)
    const name = nameOf(inputs)
    return cluster ? [{ ...cluster, name, altStatName: `${name};`, transportSocket: undefined, transportSocketMatches: [] }] : []
  })
}

export function sniPassthroughChains(view: View): FilterChain[] {
  return targets(view, new Map()).map(inputs => {
    const name = nameOf(inputs)
    const applicationProtocols = isHttpOrAuto(inputs.port.protocol) ? MESH_ANY : MESH_BYTES
    return FilterChain.fromPartial({
      filterChainMatch: { serverNames: [name], transportProtocol: 'tls', applicationProtocols },
      filters: [tcpTo(view.settings, name, inputs.policy)],
      metadata: originMetadata(inputs.service.origin),
    })
  })
}

function targets(view: View, endpoints: MeshEndpoints): ClusterInputs[] {
  return view.scope.services
    .filter(({ external, hostname }) => !external && !hostname.includes('*'))
    .flatMap(service => clusterInputs(view, service, ruleFor(view, service), endpoints.get(serviceKey(service))))
    .filter(inputs => discoveryOf(inputs) === 'endpoints')
}

function nameOf({ port, subset, service }: ClusterInputs): string {
  return serverNameOf(port.number, subset?.name ?? '', service.hostname)
}
