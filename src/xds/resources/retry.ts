/** Retry policies of routes. */
import type { RetryPolicy } from '../../model/http-rule.ts'
import { RetryPolicy as EnvoyRetryPolicy } from '../gen/envoy/config/route/v3/route_components.ts'
import { PreviousHostsPredicate } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.ts'
import { PreviousPrioritiesConfig } from '../gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.ts'
import { pack } from '../wire/any.ts'
import { optionalDuration } from './values.ts'

/** How often a balancer may pick again before it takes a host that was tried already. */
const HOST_SELECTION_ATTEMPTS = 5

const AVOID_PREVIOUS_HOSTS = EnvoyRetryPolicy.fromPartial({
  hostSelectionRetryMaxAttempts: HOST_SELECTION_ATTEMPTS,
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      configType: {
        $case: 'typedConfig',
        value: pack('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate', PreviousHostsPredicate, {}),
      },
    },
  ],
})

const OTHER_LOCALITIES = EnvoyRetryPolicy.fromPartial({
  retryPriority: {
    name: 'envoy.retry_priorities.previous_priorities',
    configType: {
      $case: 'typedConfig',
      value: pack('envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig', PreviousPrioritiesConfig, {
        updateFrequency: 2,
      }),
    },
  },
})

/** @param hashed the destination is chosen by hash: a retry has to go to the same host again */
export function retryPolicy(policy: RetryPolicy, hashed: boolean): EnvoyRetryPolicy | undefined {
  if (policy.attempts <= 0) return undefined
  const elsewhere = policy.avoidPreviousHosts && !hashed
  return EnvoyRetryPolicy.fromPartial({
    retryOn: policy.on.join(','),
    numRetries: policy.attempts,
    perTryTimeout: optionalDuration(policy.perTryTimeoutMs),
    retriableStatusCodes: [...policy.statuses],
    retryBackOff: policy.backoffMs === undefined ? undefined : { baseInterval: optionalDuration(policy.backoffMs) },
    hostSelectionRetryMaxAttempts: HOST_SELECTION_ATTEMPTS,
    retryHostPredicate: elsewhere ? AVOID_PREVIOUS_HOSTS.retryHostPredicate : [],
    retryPriority: policy.remoteLocalities ? OTHER_LOCALITIES.retryPriority : undefined,
  })
}
