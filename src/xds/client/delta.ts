/**
 * The incremental variant: requests tell names gained and lost, and at the start of a stream the versions that are there already.
 * xDS protocol, "Incremental xDS".
 */
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { ReceivedResource } from './client.ts'
import { INVALID_ARGUMENT } from './grpc-status.ts'
import type { Subscription } from './subscription.ts'
import type { Variant } from './variant.ts'

export const delta: Variant = {
  methods: { ads: 'DeltaAggregatedResources', sds: 'DeltaSecrets' },

  request(subscription, verdict, node) {
    const { announced } = subscription
    return DeltaDiscoveryRequest.encode({
      node,
      typeUrl: subscription.type,
      resourceNamesSubscribe: announced ? [...subscription.added] : subscription.allNames(),
      resourceNamesUnsubscribe: announced ? [...subscription.dropped] : [],
      resourceLocatorsSubscribe: [],
      resourceLocatorsUnsubscribe: [],
      initialResourceVersions: announced ? {} : initialVersions(subscription),
      responseNonce: verdict?.response.nonce ?? '',
      errorDetail: verdict?.error === undefined ? undefined : { code: INVALID_ARGUMENT, message: verdict.error, details: [] },
    }).finish()
  },

  parse(message) {
    const response = DeltaDiscoveryResponse.decode(message)
    return {
      type: response.typeUrl,
      nonce: response.nonce,
      version: response.systemVersionInfo,
      changes(subscription) {
        const updated: ReceivedResource[] = []
        for (const { name, version, resource } of response.resources) {
          // Without a resource it is a sign of life for a resource with a time to live, or an alias: not ours.
          if (!resource || !subscription.wants(name) || subscription.versions.get(name) === version) continue
          updated.push({ name, version, bytes: resource.value })
        }
        const removed = response.removedResources.filter(
          name => subscription.names.has(name) || (subscription.wants(name) && subscription.versions.has(name)),
        )
        return { updated, removed }
      },
    }
  },
}

function initialVersions(subscription: Subscription): Record<string, string> {
  const versions: Record<string, string> = Object.create(null)
  for (const [name, version] of subscription.versions) if (version !== '') versions[name] = version
  return versions
}
