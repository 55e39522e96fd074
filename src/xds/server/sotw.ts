/**
 * The state-of-the-world variant of ADS: each request lists all names; a response of listeners or clusters carries all that the client
 * shall have, of other types at least what changed. envoy.service.discovery.v3.DiscoveryRequest.
 *
 * The version of a response is a digest of all that the client has after it, so that a client which comes back with that version, from
 * another stream or before a restart of the server, is sent nothing.
 */
import type { DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { isComplete } from '../wire/type-url.ts'
import { type Dialect, emptyMeansAll } from './dialect.ts'
import { digest } from './digest.ts'
import { encodeSotw } from './frames.ts'
import type { Lane } from './lane.ts'

const ALL = '*'

export const sotw: Dialect = {
  name: 'sotw',
  tellsRemovals: isComplete,
  recognises(lane, target, version) {
    return version === digest(lane.holdings.wanted(target))
  },
  encode({ lane, target, changes, nonce }) {
    const contents = lane.holdings.contents(target, changes)
    // While it is unclear what the client has, it must not come back with a version that says so.
    const version = lane.holdings.hasRepeated ? `${digest(contents)}?` : digest(contents)
    const resources = isComplete(lane.type) ? contents : changed(changes.values())
    return { bytes: encodeSotw({ type: lane.type, nonce, version, resources }), version }
  },
}

/**
 * gRPC libraries throw away what nobody watches any more, but on their next stream still tell its version: taken at their word, they would
 * wait for resources that never come.
 *
 * @param userAgent `Node.user_agent_name`
 */
export function hasWhatItTells(userAgent: string): boolean {
  return !userAgent.startsWith('gRPC ')
}

/** @param trusted the client has what it tells the version of */
export function subscribeSotw(lane: Lane, request: DiscoveryRequest, first: boolean, trusted: boolean): void {
  const names = new Set(request.resourceNames)
  const starred = names.delete(ALL)
  lane.unnamed = names.size === 0 && !starred && (first || lane.unnamed)
  const all = starred || (lane.unnamed && emptyMeansAll(lane.type))
  for (const name of lane.holdings.names) if (!names.has(name)) lane.unsubscribe(name)
  if (all && !lane.holdings.wildcard) lane.subscribeAll()
  else if (!all && lane.holdings.wildcard) lane.holdings.unsubscribeAll()
  for (const name of names) if (!lane.holdings.names.has(name)) lane.subscribe(name)
  // It was said of the names of that request.
  lane.claimedVersion = first && trusted && request.versionInfo !== '' ? request.versionInfo : undefined
}

function changed(changes: Iterable<{ resource: EncodedResource | undefined }>): EncodedResource[] {
  const resources: EncodedResource[] = []
  for (const { resource } of changes) if (resource) resources.push(resource)
  return resources
}
