/** Endpoints in networks that a proxy cannot reach itself: it goes to the gateways there, which pass mutual TLS on by its server name. */

import { NOWHERE } from '../../model/locality.ts'
import { gatewaysInto, type NetworkGateway, networkOf } from '../../model/network.ts'
import type { Endpoint } from '../../model/service.ts'
import type { ClusterInputs } from './cluster-inputs.ts'
import { isMeshEndpoint } from './mesh-endpoint.ts'

/** Where connections go for an endpoint. */
export interface Reached {
  readonly endpoint: Endpoint
  /** Mutual TLS with the mesh's certificates is spoken there. */
  readonly secured: boolean
}

/**
 * Endpoints as a proxy reaches them. Behind gateways the weights of a network's endpoints are summed up and shared by its gateways; an
 * endpoint without mutual TLS cannot be reached there, for nothing would tell the gateway where to.
 */
export function reachedEndpoints(inputs: ClusterInputs, endpoints: readonly Endpoint[]): Reached[] {
  const { view, port } = inputs
  const { networks } = view.settings
  const secured = (endpoint: Endpoint) => view.identity && isMeshEndpoint(view, endpoint, port)
  if (networks.gateways.length === 0)
    return endpoints.filter(hasAddress).map(endpoint => ({ endpoint, secured: secured(endpoint) }))
  const ways = endpoints.map(endpoint => {
    const located = { address: endpoint.address, network: endpoint.network, local: endpoint.workload !== undefined }
    return { endpoint, gateways: gatewaysInto(networks, networkOf(networks, located), view.network) }
  })
  // Shares of gateways must be whole numbers.
  const scale = ways.reduce((sum, { gateways }) => leastCommonMultiple(sum, gateways.length || 1), 1)
  const direct: Reached[] = []
  const behind = new Map<NetworkGateway, number>()
  for (const { endpoint, gateways } of ways) {
    const weight = endpoint.weight * scale
    if (gateways.length === 0) {
      if (hasAddress(endpoint)) direct.push({ endpoint: { ...endpoint, weight }, secured: secured(endpoint) })
    } else if (secured(endpoint))
      for (const gateway of gateways) behind.set(gateway, (behind.get(gateway) ?? 0) + weight / gateways.length)
  }
  const remote = [...behind].map(([gateway, weight]) => ({
    endpoint: gatewayEndpoint(gateway, weight, endpoints),
    secured: true,
  }))
  return [...direct, ...remote]
}

/** A WorkloadEntry need not have one, if its network has a gateway. */
function hasAddress({ address }: Endpoint): boolean {
  return address !== ''
}

function gatewayEndpoint({ network, address, port }: NetworkGateway, weight: number, [first]: readonly Endpoint[]): Endpoint {
  const unknown = { workload: undefined, workloadName: '', serviceAccount: '', node: '', labels: {}, namespace: '' }
  return { ...unknown, address, port, network, weight, locality: first?.locality ?? NOWHERE }
}

function leastCommonMultiple(a: number, b: number): number {
  return (a * b) / greatestCommonDivisor(a, b)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
