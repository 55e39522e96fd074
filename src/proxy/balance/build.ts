/**
 * From a Cluster message to balancers over its hosts.
 */
import type { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { Balancer, Host } from './host.ts'
import { PriorityBalancer } from './priority-balancer.ts'
import { readPolicy } from './read-policy.ts'
import { readSlowStart, slowly } from './slow-start.ts'
import { readSubsetRules, SubsetBalancer } from './subset-balancer.ts'

/** Percentage of healthy hosts under which all hosts are used, healthy or not. Envoy's default. */
const PANIC_THRESHOLD = 50
/** ClusterLoadAssignment.policy.overprovisioning_factor when it is not set. */
const OVERPROVISIONING = 140

/** @param overprovisioning percent, from the endpoint assignment @default 140 */
export type BuildBalancer = (hosts: readonly Host[], overprovisioning?: number) => Balancer

/**
 * Reads and checks the policy once; the function it returns builds a balancer whenever hosts or their health change.
 * @param random uniform in [0, 1) @param now milliseconds since the epoch, for slow start @throws on what cannot be honoured, with the reason: becomes a NACK of the cluster
 */
export function compileBalancing(cluster: Cluster, random: () => number, now: () => number = Date.now): BuildBalancer {
  const read = readPolicy(cluster)
  const slowStart = readSlowStart(cluster)
  const policy = slowStart ? { ...read, makePicker: slowly(read.makePicker, slowStart, now) } : read
  const panicThreshold = Math.min(100, cluster.commonLbConfig?.healthyPanicThreshold?.value ?? PANIC_THRESHOLD)
  const subsets = cluster.lbSubsetConfig
  if (!subsets || subsets.subsetSelectors.length === 0)
    return (hosts, overprovisioning = OVERPROVISIONING) =>
      new PriorityBalancer(hosts, { policy, panicThreshold, overprovisioning }, random)
  const subsetRules = readSubsetRules(subsets)
  const groupPolicy = subsetRules.localityWeightAware ? policy : { ...policy, localityWeighted: false }
  return (hosts, overprovisioning = OVERPROVISIONING) =>
    new SubsetBalancer(
      hosts,
      subsetRules,
      group => new PriorityBalancer(group, { policy: groupPolicy, panicThreshold, overprovisioning }, random),
    )
}

/** Both steps at once. */
export function buildBalancer(cluster: Cluster, hosts: readonly Host[], random: () => number): Balancer {
  return compileBalancing(cluster, random)(hosts)
}
