/**
 * The state-of-the-world variant: each request lists all names. A response says neither names nor versions of its resources, nor which
 * of them changed: the client finds out.
 */
import { hash } from 'node:crypto'
import { DiscoveryRequest, DiscoveryResponse, Resource } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { unpack } from '../wire/any.ts'
import { nameOf } from '../wire/resource-name.ts'
import { isComplete } from '../wire/type-url.ts'
import type { ReceivedResource } from './client.ts'
import { INVALID_ARGUMENT } from './grpc-status.ts'
import { ALL, type Subscription } from './subscription.ts'
import type { Variant } from './variant.ts'

export const sotw: Variant = {
  methods: { ads: 'StreamAggregatedResources', sds: 'StreamSecrets' },

  request(subscription, verdict, node) {
    return DiscoveryRequest.encode({
      node,
      typeUrl: subscription.type,
      versionInfo: subscription.acceptedVersion,
      resourceNames: subscription.allNames(),
      resourceLocators: [],
      responseNonce: subscription.nonce,
      errorDetail: verdict?.error === undefined ? undefined : { code: INVALID_ARGUMENT, message: verdict.error, details: [] },
    }).finish()
  },

  parse(message) {
    const response = DiscoveryResponse.decode(message)
    return {
      type: response.typeUrl,
      nonce: response.nonce,
      version: response.versionInfo,
      changes(subscription) {
        const present = new Set<string>()
        const updated: ReceivedResource[] = []
        for (const any of response.resources) {
          const { name, bytes } = identify(any)
          present.add(name)
          if (!subscription.wants(name)) continue
          const version = hash('sha1', bytes, 'base64')
          if (subscription.versions.get(name) !== version) updated.push({ name, version, bytes })
        }
        return { updated, removed: isComplete(response.typeUrl) ? missing(subscription, present) : [] }
      },
    }
  },
}

function missing(subscription: Subscription, present: ReadonlySet<string>): string[] {
  const missing = new Set<string>()
  for (const [name, version] of subscription.versions) if (version !== '' && !present.has(name)) missing.add(name)
  for (const name of subscription.names) {
    if (name !== ALL && !present.has(name) && subscription.versions.get(name) !== '') missing.add(name)
  }
  return [...missing]
}

/** Servers may wrap a resource to say its name. */
function identify(any: Any): { name: string; bytes: Uint8Array } {
  const wrapper = unpack('envoy.service.discovery.v3.Resource', Resource, any)
  if (!wrapper) return { name: nameOf(any.value), bytes: any.value }
  const bytes = wrapper.resource?.value ?? new Uint8Array()
  return { name: wrapper.name || nameOf(bytes), bytes }
}
