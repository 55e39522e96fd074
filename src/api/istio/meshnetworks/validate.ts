/** Rules for MeshNetworks. */
import type { Findings } from '../../findings.ts'
import { checkPort, checkSubnet, isIpAddress } from '../../values/address.ts'
import { checkDnsLabel, checkFqdn } from '../../values/dns.ts'
import type { MeshNetworks, Network } from './schema.ts'

export function validateMeshNetworks({ networks = {} }: MeshNetworks, findings: Findings): void {
  for (const [name, network] of Object.entries(networks)) checkNetwork(network, findings.at('networks', name))
}

function checkNetwork({ endpoints = [], gateways = [] }: Network, findings: Findings): void {
  for (const [index, { fromCidr, fromRegistry }] of endpoints.entries()) {
    const at = findings.at('endpoints', index)
    if (fromCidr !== undefined) at.at('fromCidr').check(checkSubnet(fromCidr))
    if (fromRegistry !== undefined) at.at('fromRegistry').check(checkDnsLabel(fromRegistry, 'the name of a cluster'))
  }
  for (const [index, { address, registryServiceName, port = 0 }] of gateways.entries()) {
    const at = findings.at('gateways', index)
    if (address !== undefined && !isIpAddress(address)) at.at('address').check(checkFqdn(address))
    if (registryServiceName !== undefined) at.at('registryServiceName').check(checkFqdn(registryServiceName))
    at.at('port').check(checkPort(port))
  }
}
