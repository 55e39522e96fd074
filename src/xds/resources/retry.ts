/** Retry policies of routes. */
import type { RetryPolicy } from '../../model/http-rule.ts'
import { RetryPolicy as EnvoyRetryPolicy } from '../gen/envoy/config/route/v3/route_components.ts'
import { PreviousHostsPredicate } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.ts'
import { PreviousPrioritiesConfig } from '../gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.ts'
import { pack } from '../wire/any.ts'
import { duration, optionalDuration } from './values.ts'
import type { View } from './view.ts'

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

/** Requests that may be sent twice without harm (RFC 9110, 9.2.2); any of these is enough. */
const IDEMPOTENT = EnvoyRetryPolicy.fromPartial({
  retriableRequestHeaders: [
    {
      name: ':method',
      headerMatchSpecifier: {
        $case: 'stringMatch',
        value: { matchPattern: { $case: 'safeRegex', value: { regex: 'GET|HEAD|OPTIONS|TRACE|PUT|DELETE' } } },
      },
    },
    { name: 'idempotency-key', headerMatchSpecifier: { $case: 'presentMatch', value: true } },
  ],
})

const NO_RETRIES = EnvoyRetryPolicy.fromPartial({ numRetries: 0 })

/** The mesh's default, for a virtual host: it holds for all its routes that have none of their own. */
export function hostRetry({ settings, kind }: View): EnvoyRetryPolicy | undefined {
  return kind === 'grpc' ? undefined : retryPolicy(settings.defaultRetry, false)
}

/**
 * @param own undefined: the default
 * @returns undefined: as the virtual host says. A client without a proxy has all of it in the route, and takes no policy of no retries
 */
export function routeRetry(
  { settings, kind }: View,
  own: RetryPolicy | undefined,
  hashed: boolean,
): EnvoyRetryPolicy | undefined {
  if (kind === 'grpc') return retryPolicy(own ?? settings.defaultRetry, hashed)
  if (!own && !hashed) return undefined
  return retryPolicy(own ?? settings.defaultRetry, hashed) ?? NO_RETRIES
}

/** Between a sidecar and its application there is no other host to choose. @returns undefined: none */
export function retryToSameHost({ attempts, on, statuses, backoffMs }: RetryPolicy): EnvoyRetryPolicy | undefined {
  if (attempts <= 0) return undefined
  return EnvoyRetryPolicy.fromPartial({
    retryOn: on.join(','),
    numRetries: attempts,
    retriableStatusCodes: [...statuses],
    retryBackOff: backoffMs ? { baseInterval: duration(backoffMs) } : undefined,
  })
}

/** @param hashed the destination is chosen by hash: a retry has to go to the same host again */
function retryPolicy(policy: RetryPolicy, hashed: boolean): EnvoyRetryPolicy | undefined {
  if (policy.attempts <= 0) return undefined
  const elsewhere = policy.avoidPreviousHosts && !hashed
  return EnvoyRetryPolicy.fromPartial({
    retryOn: policy.on.join(','),
    numRetries: policy.attempts,
    perTryTimeout: optionalDuration(policy.perTryTimeoutMs),
    retriableStatusCodes: [...policy.statuses],
    retryBackOff: policy.backoffMs
      ? { baseInterval: duration(policy.backoffMs), maxInterval: optionalDuration(policy.maxBackoffMs) }
      : undefined,
    retriableRequestHeaders: policy.idempotentOnly ? IDEMPOTENT.retriableRequestHeaders : [],
    hostSelectionRetryMaxAttempts: HOST_SELECTION_ATTEMPTS,
    retryHostPredicate: elsewhere ? AVOID_PREVIOUS_HOSTS.retryHostPredicate : [],
    retryPriority: policy.remoteLocalities ? OTHER_LOCALITIES.retryPriority : undefined,
  })
}
