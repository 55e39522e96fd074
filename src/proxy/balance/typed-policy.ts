/**
 * Cluster.load_balancing_policy: the newer form of lb_policy, a list of extensions of which the first that is known counts.
 */
import type { LoadBalancingPolicy } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { LocalityLbConfig } from '../../xds/gen/envoy/extensions/load_balancing_policies/common/v3/common.ts'
import {
  LeastRequest,
  LeastRequest_SelectionMethod as Selection,
} from '../../xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request.ts'
import { Maglev } from '../../xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev.ts'
import { Random } from '../../xds/gen/envoy/extensions/load_balancing_policies/random/v3/random.ts'
import {
  RingHash_HashFunction as HashFunction,
  RingHash,
} from '../../xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.ts'
import { RoundRobin } from '../../xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { checkedLeastRequest, checkedMaglev, checkedRingHash, type Policy } from './policy.ts'
import { randomHost } from './random-host.ts'
import { roundRobin } from './round-robin.ts'

/** @throws when none of them is known, or the first that is known has parameters that cannot be honoured */
export function readTypedPolicy({ policies }: LoadBalancingPolicy): Policy {
  for (const { typedExtensionConfig } of policies) {
    const any = typedExtensionConfig?.typedConfig
    const read = any && READERS[messageName(any.typeUrl)]
    if (read) return read(any.value)
  }
  const names = policies.map(policy => policy.typedExtensionConfig?.name ?? '').join(', ')
  throw new Error(`load_balancing_policy has "${names}", expected one of ${Object.keys(READERS).join(', ')}`)
}

const PACKAGE = 'envoy.extensions.load_balancing_policies'

const READERS: Readonly<Record<string, (bytes: Uint8Array) => Policy>> = {
  [`${PACKAGE}.round_robin.v3.RoundRobin`]: bytes => ({
    makePicker: roundRobin,
    localityWeighted: byLocality(RoundRobin.decode(bytes).localityLbConfig),
    hashing: false,
  }),
  [`${PACKAGE}.random.v3.Random`]: bytes => ({
    makePicker: randomHost,
    localityWeighted: byLocality(Random.decode(bytes).localityLbConfig),
    hashing: false,
  }),
  [`${PACKAGE}.least_request.v3.LeastRequest`]: bytes => {
    const config = LeastRequest.decode(bytes)
    if (config.enableFullScan === true || config.selectionMethod === Selection.FULL_SCAN)
      throw new Error('least request: selection_method FULL_SCAN is not supported, expected N_CHOICES')
    return {
      makePicker: checkedLeastRequest(config.choiceCount, config.activeRequestBias?.defaultValue),
      localityWeighted: byLocality(config.localityLbConfig),
      hashing: false,
    }
  },
  [`${PACKAGE}.ring_hash.v3.RingHash`]: bytes => {
    const config = RingHash.decode(bytes)
    if (config.hashFunction === HashFunction.MURMUR_HASH_2)
      throw new Error('ring hash: hash_function MURMUR_HASH_2 is not supported, expected XX_HASH')
    const { consistentHashingLbConfig: consistent } = config
    const byHostname = consistent?.useHostnameForHashing ?? config.useHostnameForHashing
    const factor = consistent?.hashBalanceFactor ?? config.hashBalanceFactor
    return {
      makePicker: checkedRingHash(byHostname, config.minimumRingSize, config.maximumRingSize, factor),
      localityWeighted: config.localityWeightedLbConfig !== undefined,
      hashing: true,
    }
  },
  [`${PACKAGE}.maglev.v3.Maglev`]: bytes => {
    const { tableSize, consistentHashingLbConfig: consistent, localityWeightedLbConfig } = Maglev.decode(bytes)
    return {
      makePicker: checkedMaglev(consistent?.useHostnameForHashing ?? false, tableSize, consistent?.hashBalanceFactor),
      localityWeighted: localityWeightedLbConfig !== undefined,
      hashing: true,
    }
  },
}

function byLocality(config: LocalityLbConfig | undefined): boolean {
  return config?.localityConfigSpecifier?.$case === 'localityWeightedLbConfig'
}
