/** Retries, of a service or of one of its routes. */

import type { RetryPolicy as RetrySpec } from '../../api/mizzen/retry/schema.ts'
import type { Retry } from '../../api/registry.ts'
import type { RetryPolicy } from '../../model/http-rule.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { NO_POLICY } from '../../model/traffic-policy.ts'
import { milliseconds } from '../duration.ts'
import { layerRule } from './layer.ts'
import { type Parts, parts } from './parts.ts'

export function compileRetry(object: Retry, settings: MeshSettings): Parts {
  const { spec } = object
  const { budget, route = '' } = spec
  const policy = budget && {
    ...NO_POLICY,
    retryBudget: { percent: budget.percent, minConcurrency: budget.minConcurrency ?? 3 },
  }
  const said = { aspect: 'retry', route, retry: retryPolicy(spec, HTTP) } as const
  return parts({ trafficRules: [layerRule(object, spec, said, settings, { policy })] })
}

interface RetryDefaults {
  readonly on: readonly string[]
  readonly idempotentOnly: boolean
}

export const HTTP: RetryDefaults = {
  on: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'gateway-error', 'reset'],
  idempotentOnly: true,
}

/** The statuses of gRPC that are named here say that the call was not processed; its method (always POST) says nothing. */
export const GRPC: RetryDefaults = {
  on: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'],
  idempotentOnly: false,
}

export function retryPolicy(spec: RetrySpec, defaults: RetryDefaults): RetryPolicy {
  const { attempts = 2, perTryTimeout, backoff } = spec
  const on = spec.on?.length ? spec.on : defaults.on
  const statuses = on.filter(condition => /^\d+$/.test(condition)).map(Number)
  const words = on.filter(condition => !/^\d+$/.test(condition))
  return {
    attempts,
    perTryTimeoutMs: milliseconds(perTryTimeout),
    on: statuses.length > 0 && !words.includes('retriable-status-codes') ? [...words, 'retriable-status-codes'] : words,
    statuses,
    remoteLocalities: false,
    avoidPreviousHosts: true,
    backoffMs: milliseconds(backoff?.base) ?? (backoff?.max === undefined ? undefined : DEFAULT_BACKOFF_MS),
    maxBackoffMs: milliseconds(backoff?.max),
    idempotentOnly: spec.idempotentOnly ?? defaults.idempotentOnly,
  }
}

const DEFAULT_BACKOFF_MS = 25
