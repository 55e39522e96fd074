/**
 * Virtual addresses for services that have none and whose names no cluster knows (ServiceEntries), so that applications can resolve these names:
 * for proxies that answer their applications' DNS questions. Derived from the name, so that every replica of the control plane gives the same, and
 * a service keeps its address whatever others come and go; only a rare clash moves one by a step. The range is Istio's.
 */
import { createHash } from 'node:crypto'
import { remembering } from '../lib/identity-memo.ts'
import type { Mesh } from './mesh.ts'
import { type Service, serviceKey } from './service.ts'

/** 240.240.0.0/16, which nobody routes. */
const PREFIX = '240.240'
const SIZE = 2 ** 16

/** The same mesh where there is nothing to give an address to. */
export const withAllocatedAddresses = remembering((mesh: Mesh): Mesh => {
  const services = allocate(mesh.services)
  return services === mesh.services ? mesh : { ...mesh, services }
})

const allocate = remembering((services: readonly Service[]): readonly Service[] => {
  if (!services.some(service => service.wantsAddress)) return services
  const taken = new Set(services.flatMap(service => service.addresses))
  return services.map(service => (service.wantsAddress ? addressed(service, taken) : service))
})

const made = new WeakMap<Service, Service>()

/** The same object for the same service, as long as nobody takes its address. */
function addressed(service: Service, taken: Set<string>): Service {
  const known = made.get(service)
  if (known && known.addresses.every(address => !taken.has(address))) {
    for (const address of known.addresses) taken.add(address)
    return known
  }
  const address = freeAddress(serviceKey(service), taken)
  if (address === undefined) return service
  taken.add(address)
  const now = { ...service, addresses: [address] }
  made.set(service, now)
  return now
}

/** @returns undefined: the range is full */
function freeAddress(key: string, taken: ReadonlySet<string>): string | undefined {
  const first = createHash('sha256').update(key).digest().readUInt16BE(0)
  for (let step = 0; step < SIZE; step++) {
    const offset = (first + step) % SIZE
    const address = `${PREFIX}.${offset >> 8}.${offset & 255}`
    if (offset !== 0 && offset !== SIZE - 1 && !taken.has(address)) return address
  }
  return undefined
}
