/** RateLimits, and the limits inside of other kinds. */

import { parseRate } from '../../api/mizzen/rate.ts'
import type { Limit, LimitKey as LimitKeySpec } from '../../api/mizzen/ratelimit/schema.ts'
import type { ObjectHead, Path } from '../../api/object.ts'
import type { RateLimit as RateLimitObject } from '../../api/registry.ts'
import type { LimitKey, LimitRate, LimitTarget, RateLimit } from '../../model/rate-limit.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { milliseconds } from '../duration.ts'
import { originOf } from '../origin.ts'
import { hostOf } from './layer.ts'
import { requestMatch } from './match.ts'
import { type Parts, parts } from './parts.ts'

export function compileRateLimit(object: RateLimitObject, settings: MeshSettings): Parts {
  const { host, workloadSelector, port, ...limit } = object.spec
  const target: LimitTarget =
    host === undefined
      ? { kind: 'workloads', labels: workloadSelector?.matchLabels ?? {}, port }
      : { kind: 'service', host: hostOf(host, object.namespace, settings), port }
  return parts({ rateLimits: [rateLimit(object, object.name, limit, target)] })
}

/** @param name tells it from others of the same namespace */
export function rateLimit(object: ObjectHead, name: string, limit: Limit, target: LimitTarget, path?: Path): RateLimit {
  const sustained = rateOf(limit.rate)
  return {
    name,
    namespace: object.namespace,
    target,
    matches: (limit.match ?? []).map(requestMatch),
    keys: (limit.per ?? []).map(keyOf),
    sustained,
    burst: limit.burst ?? sustained.requests,
    peak: limit.peak === undefined ? undefined : rateOf(limit.peak),
    shared:
      limit.scope === 'Shared'
        ? {
            redis: limit.redis?.address ?? '',
            timeoutMs: milliseconds(limit.timeout) ?? 50,
            denyOnFailure: limit.failureMode === 'Deny',
          }
        : undefined,
    status: limit.status ?? 429,
    headers: limit.headers ?? true,
    shadow: limit.shadow ?? false,
    created: object.creationTimestamp ?? '',
    origin: originOf(object, path),
  }
}

/** Validation has kept out what is no rate. */
function rateOf(text: string): LimitRate {
  return parseRate(text) ?? { requests: 1, perMs: 1000 }
}

function keyOf({ header, client }: LimitKeySpec): LimitKey {
  if (header !== undefined) return { kind: 'header', name: header.toLowerCase() }
  return { kind: client === 'Address' ? 'address' : 'identity' }
}
