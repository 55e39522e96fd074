/** MeshNetworks: which endpoints are in which network, and the gateways into it. Text in the ConfigMap `istio`, key `meshNetworks`, or a file. */
import { type Static, Type } from 'typebox'
import { exclusive, mapOf, message, uint32 } from '../../schema/message.ts'

const Endpoints = message(
  {
    fromCidr: Type.String({ description: 'addresses of a range' }),
    fromRegistry: Type.String({ description: 'all of a cluster, by its name' }),
  },
  {},
  exclusive(['fromCidr', 'fromRegistry']),
)
const Gateway = message(
  {
    registryServiceName: Type.String({ description: 'a service, by its full name' }),
    address: Type.String({ description: 'an IP address or DNS name' }),
    port: uint32({ description: 'port of the gateway' }),
    locality: Type.String({ description: 'region/zone/subzone of the gateway' }),
  },
  {},
  exclusive(['registryServiceName', 'address']),
)
export const Network = message({
  endpoints: Type.Array(Endpoints, { description: 'the endpoints that are in it' }),
  gateways: Type.Array(Gateway, { description: 'the ways in from other networks' }),
})
export type Network = Static<typeof Network>

export const MeshNetworks = message({ networks: mapOf(Network, { description: 'networks, by name' }) })
export type MeshNetworks = Static<typeof MeshNetworks>
