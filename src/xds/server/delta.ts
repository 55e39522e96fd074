/**
 * The incremental variant of ADS: requests add and remove names, responses carry what changed.
 * xDS protocol, "Incremental xDS"; envoy.service.discovery.v3.DeltaDiscoveryRequest.
 */
import type { DeltaDiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { type Dialect, emptyMeansAll } from './dialect.ts'
import { encodeDelta } from './frames.ts'
import type { Lane } from './lane.ts'

const ALL = '*'

export const delta: Dialect = {
  name: 'delta',
  tellsRemovals: () => true,
  recognises: () => false,
  encode({ lane, changes, nonce, configuration }) {
    const resources: EncodedResource[] = []
    const removed: string[] = []
    for (const { name, resource } of changes.values()) {
      if (resource) resources.push(resource)
      else removed.push(name)
    }
    return { bytes: encodeDelta({ type: lane.type, nonce, version: configuration, resources, removed }), version: configuration }
  },
}

/** Subscriptions are independent of nonces: they count whatever response they cross on the way. */
export function subscribeDelta(lane: Lane, request: DeltaDiscoveryRequest, first: boolean): void {
  const names = request.resourceNamesSubscribe
  if (request.resourceNamesUnsubscribe.includes(ALL)) lane.holdings.unsubscribeAll()
  if (names.includes(ALL) || (first && names.length === 0 && emptyMeansAll(lane.type))) lane.subscribeAll()
  // After that: of a name that the wildcard may cover, the client needs to hear.
  for (const name of request.resourceNamesUnsubscribe) if (name !== ALL) lane.unsubscribe(name)
  for (const name of names) if (name !== ALL) lane.subscribe(name)
  if (!first) return
  const versions = Object.entries(request.initialResourceVersions)
  for (const [name, version] of versions) lane.holdings.claim(name, version)
  lane.resumed = versions.length > 0
  if (lane.resumed) lane.owesFirst = false
}
