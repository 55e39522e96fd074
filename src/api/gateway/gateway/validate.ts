/** Rules for Gateway (gateway.networking.k8s.io), as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { isIpAddress } from '../../values/address.ts'
import { checkListeners } from './listener-rules.ts'
import type { GatewayAddress, GatewaySpec } from './schema.ts'

const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function validateKubernetesGateway(object: ConfigObject<'Gateway', string, GatewaySpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkListeners(spec.listeners, at.at('listeners'))
  checkAddresses(spec.addresses ?? [], at.at('addresses'))
  const ports = new Set<number>()
  for (const [index, { port }] of (spec.tls?.frontend?.perPort ?? []).entries()) {
    if (ports.has(port))
      at.at('tls', 'frontend', 'perPort', index, 'port').error(`${port} stands there twice: expected each port once`)
    ports.add(port)
  }
}

function checkAddresses(addresses: readonly GatewayAddress[], findings: Findings): void {
  const seen = new Set<string>()
  for (const [index, { type = 'IPAddress', value = '' }] of addresses.entries()) {
    const at = findings.at(index, 'value')
    if (value === '') continue
    if (type === 'Hostname' && !HOST.test(value)) at.error(`"${value}" is not a host name: expected lower-case labels`)
    if (type === 'IPAddress' && !isIpAddress(value)) at.error(`"${value}" is not an IP address: expected one such as "10.0.0.1"`)
    if ((type === 'Hostname' || type === 'IPAddress') && seen.has(`${type} ${value}`))
      at.error(`"${value}" stands there twice: expected each address once`)
    seen.add(`${type} ${value}`)
  }
}
