/**
 * Networks: which endpoints a proxy can reach directly, and the gateways into the networks where it cannot. An endpoint whose network is not
 * known, and one of a network that nobody names a gateway of, is reached directly.
 */
import type { Cidr } from '../lib/cidr.ts'

/** A way into a network: it takes mutual TLS and finds the service by the server name. */
export interface NetworkGateway {
  readonly network: string
  /** An IP address. */
  readonly address: string
  readonly port: number
}

/** A service before such gateways; its addresses outside of its cluster are theirs. */
export interface GatewayService {
  readonly network: string
  readonly hostname: string
  readonly port: number
}

export interface Networks {
  /** Of this cluster's workloads that say nothing themselves; "": unknown. */
  readonly home: string
  readonly ranges: readonly { readonly range: Cidr; readonly network: string }[]
  readonly gateways: readonly NetworkGateway[]
  readonly services: readonly GatewayService[]
}

export const NO_NETWORKS: Networks = { home: '', ranges: [], gateways: [], services: [] }

export interface Located {
  readonly address: string
  /** What it says itself; "": nothing. */
  readonly network: string
  /** Whether it is a workload of this cluster. */
  readonly local: boolean
}

/** Its own word goes first, then its cluster's, then that of its address. @returns "" where nobody knows */
export function networkOf({ home, ranges }: Networks, { network, local, address }: Located): string {
  if (network !== '') return network
  if (local && home !== '') return home
  return ranges.find(({ range }) => range.contains(address))?.network ?? ''
}

/** @returns empty: whoever is there is reached directly */
export function gatewaysInto({ gateways }: Networks, network: string, from: string): readonly NetworkGateway[] {
  return network === '' || network === from ? [] : gateways.filter(gateway => gateway.network === network)
}
