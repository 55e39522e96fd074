/** LoadBalancingRules: which endpoint gets a request. */
import type { Balancing } from '../../api/mizzen/loadbalancingrule/schema.ts'
import type { LoadBalancingRule } from '../../api/registry.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { type Balancer, type HashKey, type HashPolicy, NO_POLICY, type Warmup } from '../../model/traffic-policy.ts'
import { milliseconds } from '../duration.ts'
import { compileLocality } from '../traffic-policy.ts'
import { layerRule } from './layer.ts'
import { type Parts, parts } from './parts.ts'

export function compileLoadBalancingRule(object: LoadBalancingRule, settings: MeshSettings): Parts {
  const policy = { ...NO_POLICY, balancer: balancer(object.spec) }
  return parts({ trafficRules: [layerRule(object, object.spec, { aspect: 'balancing' }, settings, { policy })] })
}

const KINDS: Readonly<Record<string, Balancer['kind']>> = { RoundRobin: 'round-robin', Random: 'random' }

function balancer(spec: Balancing): Balancer {
  const hash = hashPolicy(spec)
  return {
    kind: hash ? 'consistent-hash' : (KINDS[spec.algorithm ?? ''] ?? 'least-request'),
    hash,
    warmup: spec.warmUp && warmUp(spec.warmUp),
    locality: spec.locality && compileLocality(spec.locality),
  }
}

function hashPolicy({ stickiness, algorithm }: Balancing): HashPolicy | undefined {
  const key = stickiness && hashKey(stickiness)
  return key && { key, table: { kind: algorithm === 'Maglev' ? 'maglev' : 'ring', size: undefined } }
}

function hashKey({ header, queryParam, sourceIP, cookie }: NonNullable<Balancing['stickiness']>): HashKey | undefined {
  if (header !== undefined) return { kind: 'header', name: header }
  if (queryParam !== undefined) return { kind: 'query', name: queryParam }
  if (sourceIP) return { kind: 'source-ip' }
  if (!cookie) return undefined
  return { kind: 'cookie', name: cookie.name, path: cookie.path ?? '/', ttlMs: milliseconds(cookie.ttl), attributes: [] }
}

function warmUp(spec: NonNullable<Balancing['warmUp']>): Warmup | undefined {
  const ms = milliseconds(spec.duration)
  return ms ? { ms, minimumPercent: spec.minimumPercent ?? 10, aggression: spec.aggression ?? 1 } : undefined
}
