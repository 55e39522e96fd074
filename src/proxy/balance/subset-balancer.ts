/**
 * lb_subset_config: hosts are grouped by their labels, and a request that asks for labels gets a host of that group only.
 */
import {
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicy as Fallback,
  Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallback,
  type Cluster_LbSubsetConfig as SubsetConfig,
} from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { Balancer, Host, HostOdds, PickContext } from './host.ts'
import { type Labels, labelsOf } from './labels.ts'

type FallbackRule = 'none' | 'any' | 'default-subset' | { readonly keys: ReadonlySet<string> }

interface Selector {
  readonly keys: readonly string[]
  /** undefined: the cluster's. */
  readonly fallback: FallbackRule | undefined
}

export interface SubsetRules {
  readonly selectors: readonly Selector[]
  readonly fallback: FallbackRule
  readonly defaultSubset: Labels
  /** When there is nobody else, anyone. */
  readonly panicModeAny: boolean
  readonly localityWeightAware: boolean
}

/** @throws on what cannot be honoured, with the reason */
export function readSubsetRules(config: SubsetConfig): SubsetRules {
  if (config.listAsAny) throw new Error('lb_subset_config.list_as_any is not supported')
  if (config.scaleLocalityWeight) throw new Error('lb_subset_config.scale_locality_weight is not supported')
  if (config.metadataFallbackPolicy !== 0) throw new Error('lb_subset_config.metadata_fallback_policy is not supported')
  return {
    selectors: config.subsetSelectors.map(({ keys, fallbackPolicy, fallbackKeysSubset }) => {
      if (keys.length === 0) throw new Error('a subset selector has no keys')
      return { keys: [...new Set(keys)].sort(), fallback: selectorFallback(fallbackPolicy, fallbackKeysSubset) }
    }),
    fallback: FALLBACKS[config.fallbackPolicy] ?? 'none',
    defaultSubset: labelsOf(config.defaultSubset),
    panicModeAny: config.panicModeAny,
    localityWeightAware: config.localityWeightAware,
  }
}

const FALLBACKS: Readonly<Record<Fallback, FallbackRule>> = {
  [Fallback.NO_FALLBACK]: 'none',
  [Fallback.ANY_ENDPOINT]: 'any',
  [Fallback.DEFAULT_SUBSET]: 'default-subset',
}

function selectorFallback(policy: SelectorFallback, keys: readonly string[]): FallbackRule | undefined {
  switch (policy) {
    case SelectorFallback.NOT_DEFINED:
      return undefined
    case SelectorFallback.NO_FALLBACK:
      return 'none'
    case SelectorFallback.ANY_ENDPOINT:
      return 'any'
    case SelectorFallback.DEFAULT_SUBSET:
      return 'default-subset'
    case SelectorFallback.KEYS_SUBSET:
      return { keys: new Set(keys) }
  }
}

/** Builds the balancer of a group; called for groups that are asked for. */
export type BuildGroup = (hosts: readonly Host[]) => Balancer

export class SubsetBalancer implements Balancer {
  readonly #rules: SubsetRules
  readonly #hosts: readonly Host[]
  readonly #build: BuildGroup
  /** Hosts by selector and label values. */
  readonly #groups: ReadonlyMap<string, readonly Host[]>
  readonly #defaultGroup: readonly Host[]
  readonly #balancers = new Map<readonly Host[], Balancer>()
  /** A route's subset is one object for all its requests: found once, remembered. */
  readonly #known = new WeakMap<Labels, Balancer | 'no-host'>()
  readonly #withoutSubset: Balancer | 'no-host'

  constructor(hosts: readonly Host[], rules: SubsetRules, build: BuildGroup) {
    this.#rules = rules
    this.#hosts = hosts
    this.#build = build
    const groups = new Map<string, Host[]>()
    for (const { keys } of rules.selectors) {
      for (const host of hosts) {
        const name = groupName(keys, host.labels)
        if (name === undefined) continue
        const group = groups.get(name)
        if (group) group.push(host)
        else groups.set(name, [host])
      }
    }
    this.#groups = groups
    const wanted = [...rules.defaultSubset]
    this.#defaultGroup = hosts.filter(({ labels }) => wanted.every(([key, value]) => labels.get(key) === value))
    this.#withoutSubset = this.#fallback(rules.fallback, new Map())
  }

  pick(context: PickContext): Host | undefined {
    const { subset } = context
    const balancer = subset === undefined ? this.#withoutSubset : this.#balancerFor(subset)
    const picked = balancer === 'no-host' ? undefined : balancer.pick(context)
    return picked === undefined && this.#rules.panicModeAny ? this.#balancer(this.#hosts).pick(context) : picked
  }

  odds(context: PickContext): readonly HostOdds[] {
    const { subset } = context
    const balancer = subset === undefined ? this.#withoutSubset : this.#balancerFor(subset)
    const found = balancer === 'no-host' ? [] : balancer.odds(context)
    return found.length === 0 && this.#rules.panicModeAny ? this.#balancer(this.#hosts).odds(context) : found
  }

  #balancerFor(subset: Labels): Balancer | 'no-host' {
    let balancer = this.#known.get(subset)
    if (!balancer) {
      balancer = this.#find(subset)
      this.#known.set(subset, balancer)
    }
    return balancer
  }

  #find(subset: Labels): Balancer | 'no-host' {
    const selector = this.#selectorOf(subset)
    const group = selector && this.#groups.get(groupName(selector.keys, subset) ?? '')
    return group ? this.#balancer(group) : this.#fallback(selector?.fallback ?? this.#rules.fallback, subset)
  }

  /** The one with exactly these keys. */
  #selectorOf(subset: Labels): Selector | undefined {
    return this.#rules.selectors.find(({ keys }) => keys.length === subset.size && keys.every(key => subset.has(key)))
  }

  #fallback(rule: FallbackRule, subset: Labels): Balancer | 'no-host' {
    if (rule === 'none') return 'no-host'
    if (rule === 'any') return this.#balancer(this.#hosts)
    if (rule === 'default-subset') return this.#defaultGroup.length > 0 ? this.#balancer(this.#defaultGroup) : 'no-host'
    // Fewer keys each time, so this ends.
    const fewer = new Map([...subset].filter(([key]) => rule.keys.has(key)))
    return fewer.size < subset.size ? this.#find(fewer) : 'no-host'
  }

  #balancer(hosts: readonly Host[]): Balancer {
    let balancer = this.#balancers.get(hosts)
    if (!balancer) {
      balancer = this.#build(hosts)
      this.#balancers.set(hosts, balancer)
    }
    return balancer
  }
}

/** undefined: a key is missing. */
function groupName(keys: readonly string[], labels: Labels): string | undefined {
  const parts: string[] = []
  for (const key of keys) {
    const value = labels.get(key)
    if (value === undefined) return undefined
    parts.push(key, value)
  }
  return JSON.stringify(parts)
}
