/**
 * Virtual addresses for Services whose files have none (Kubernetes would assign them): derived from the name, so that a service keeps its
 * address, whatever other services come and go and on every machine; only a rare clash moves one by a step.
 */
import { createHash } from 'node:crypto'
import type { Service as ServiceObject } from '../api/registry.ts'
import { clusterAddresses } from './service.ts'

/** @param range IPv4 CIDR such as "10.96.0.0/12"; "" assigns nothing @returns addresses of those that need one */
export function virtualAddresses(services: readonly ServiceObject[], range: string): ReadonlyMap<ServiceObject, string> {
  const [base = '', length = '32'] = range.split('/')
  const size = 2 ** (32 - Number(length))
  const assigned = new Map<ServiceObject, string>()
  if (range === '' || size < 4) return assigned
  const taken = new Set(services.flatMap(clusterAddresses))
  for (const service of services) {
    const { type, clusterIP } = service.spec
    if (clusterIP || type === 'ExternalName') continue
    let offset = createHash('sha256').update(`${service.namespace}/${service.name}`).digest().readUInt32BE(0) % size
    let address = addressAt(base, offset)
    for (let tries = 0; taken.has(address) || offset === 0 || offset === size - 1; tries++) {
      if (tries > size) return assigned // the range is full
      offset = (offset + 1) % size
      address = addressAt(base, offset)
    }
    taken.add(address)
    assigned.set(service, address)
  }
  return assigned
}

function addressAt(base: string, offset: number): string {
  const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + offset
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}
