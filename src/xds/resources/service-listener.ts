/** On which address a sidecar listens for a service whose traffic is redirected to it. */
import type { Service } from '../../model/service.ts'
import { isSingleAddress } from './values.ts'

/** The virtual address that only this service has; undefined: it has none (headless, ranges), so it is told apart in another way. */
export function ownAddress(service: Service): string | undefined {
  return service.addresses.find(isSingleAddress)
}
