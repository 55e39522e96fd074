/** Load balancing of a cluster. What requests are hashed by is part of their routes: hash.ts. */
import type { Balancer, Warmup } from '../../model/traffic-policy.ts'
import { Cluster, Cluster_LbPolicy, Cluster_SlowStartConfig } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { duration } from './values.ts'

const DEFAULT_RING_SIZE = 1024
/** Envoy refuses more. */
const MAX_RING_SIZE = 8 * 1024 * 1024

export function balancing(balancer: Balancer | undefined): Pick<Cluster, 'lbPolicy' | 'lbConfig'> {
  const slowStartConfig = balancer?.warmup && slowStart(balancer.warmup)
  switch (balancer?.kind) {
    case 'round-robin': {
      const value = { slowStartConfig }
      return { lbPolicy: Cluster_LbPolicy.ROUND_ROBIN, lbConfig: slowStartConfig && { $case: 'roundRobinLbConfig', value } }
    }
    case 'random':
      return { lbPolicy: Cluster_LbPolicy.RANDOM, lbConfig: undefined }
    case 'consistent-hash':
      return hashing(balancer)
    case 'passthrough':
    case 'least-request':
    case undefined: {
      const value = { slowStartConfig, choiceCount: undefined, activeRequestBias: undefined }
      return { lbPolicy: Cluster_LbPolicy.LEAST_REQUEST, lbConfig: slowStartConfig && { $case: 'leastRequestLbConfig', value } }
    }
  }
}

function hashing({ hash }: Balancer): Pick<Cluster, 'lbPolicy' | 'lbConfig'> {
  if (hash?.table.kind === 'maglev') {
    const lbConfig =
      hash.table.size === undefined ? undefined : ({ $case: 'maglevLbConfig', value: { tableSize: hash.table.size } } as const)
    return { lbPolicy: Cluster_LbPolicy.MAGLEV, lbConfig }
  }
  const { lbConfig } = Cluster.fromPartial({
    lbConfig: {
      $case: 'ringHashLbConfig',
      value: { minimumRingSize: Math.min(hash?.table.size ?? DEFAULT_RING_SIZE, MAX_RING_SIZE) },
    },
  })
  return { lbPolicy: Cluster_LbPolicy.RING_HASH, lbConfig }
}

function slowStart({ ms, minimumPercent, aggression }: Warmup): Cluster_SlowStartConfig {
  return Cluster_SlowStartConfig.fromPartial({
    slowStartWindow: duration(ms),
    // Envoy wants a name for values that could be changed at runtime; this one never is.
    aggression: { defaultValue: aggression, runtimeKey: 'mizzen.slow_start_aggression' },
    minWeightPercent: { value: minimumPercent },
  })
}
