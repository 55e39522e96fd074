/** Rules for Gateway (gateway.networking.k8s.io), as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { isIpAddress } from '../../values/address.ts'
import { checkListeners } from './listener-rules.ts'
import type { GatewayAddress, GatewaySpec } from './schema.ts'

const KEY = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/
const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function validateKubernetesGateway(object: ConfigObject<'Gateway', string, GatewaySpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkListeners(spec.listeners, at.at('listeners'))
  checkAddresses(spec.addresses ?? [], at.at('addresses'))
  for (const field of ['labels', 'annotations'] as const) {
    for (const key of Object.keys(spec.infrastructure?.[field] ?? {})) {
      if (!KEY.test(key) || (key.split('/', 1)[0] ?? '').length >= 253)
        at.at('infrastructure', field, key).error(
          `"${key}" is not the name of a label or annotation: expected "name" or "example.com/name"`,
        )
    }
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
