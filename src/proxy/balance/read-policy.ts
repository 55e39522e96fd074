/**
 * What a Cluster says of balancing: lb_policy with its *_lb_config, or load_balancing_policy; and common_lb_config.
 *
 * Slow start is read by slow-start.ts. Without effect here: zone aware routing (it needs a local cluster, which sidecars do not have),
 * update_merge_window.
 */
import {
  type Cluster,
  Cluster_RingHashLbConfig_HashFunction as HashFunction,
  Cluster_LbPolicy as LbPolicy,
} from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { MakePicker } from './host-picker.ts'
import { checkedLeastRequest, checkedMaglev, checkedRingHash, type Policy } from './policy.ts'
import { randomHost } from './random-host.ts'
import { roundRobin } from './round-robin.ts'
import { readTypedPolicy } from './typed-policy.ts'

/** @throws on what cannot be honoured, with the reason: becomes a NACK */
export function readPolicy(cluster: Cluster): Policy {
  if (cluster.loadBalancingPolicy) return readTypedPolicy(cluster.loadBalancingPolicy)
  return {
    makePicker: makePickerOf(cluster),
    localityWeighted: cluster.commonLbConfig?.localityConfigSpecifier?.$case === 'localityWeightedLbConfig',
    hashing: cluster.lbPolicy === LbPolicy.RING_HASH || cluster.lbPolicy === LbPolicy.MAGLEV,
  }
}

/** For people: "least request". */
export function policyName({ lbPolicy, loadBalancingPolicy }: Cluster): string {
  const typed = loadBalancingPolicy?.policies[0]?.typedExtensionConfig?.name
  if (typed !== undefined) return typed.slice(typed.lastIndexOf('.') + 1).replaceAll('_', ' ')
  return NAMES[lbPolicy] ?? 'its own'
}

const NAMES: Readonly<Partial<Record<LbPolicy, string>>> = {
  [LbPolicy.ROUND_ROBIN]: 'round robin',
  [LbPolicy.LEAST_REQUEST]: 'least request',
  [LbPolicy.RANDOM]: 'random',
  [LbPolicy.RING_HASH]: 'ring hash',
  [LbPolicy.MAGLEV]: 'maglev',
}

function makePickerOf({ lbPolicy, lbConfig, commonLbConfig }: Cluster): MakePicker {
  const consistent = commonLbConfig?.consistentHashingLbConfig
  const byHostname = consistent?.useHostnameForHashing ?? false
  switch (lbPolicy) {
    case LbPolicy.ROUND_ROBIN:
      return roundRobin
    case LbPolicy.LEAST_REQUEST: {
      const config = lbConfig?.$case === 'leastRequestLbConfig' ? lbConfig.value : undefined
      return checkedLeastRequest(config?.choiceCount, config?.activeRequestBias?.defaultValue)
    }
    case LbPolicy.RANDOM:
      return randomHost
    case LbPolicy.RING_HASH: {
      const config = lbConfig?.$case === 'ringHashLbConfig' ? lbConfig.value : undefined
      if (config?.hashFunction === HashFunction.MURMUR_HASH_2)
        throw new Error('ring_hash_lb_config.hash_function MURMUR_HASH_2 is not supported, expected XX_HASH')
      return checkedRingHash(byHostname, config?.minimumRingSize, config?.maximumRingSize, consistent?.hashBalanceFactor)
    }
    case LbPolicy.MAGLEV: {
      const config = lbConfig?.$case === 'maglevLbConfig' ? lbConfig.value : undefined
      return checkedMaglev(byHostname, config?.tableSize, consistent?.hashBalanceFactor)
    }
    default:
      throw new Error(`lb_policy is ${lbPolicy}, expected ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or MAGLEV`)
  }
}
