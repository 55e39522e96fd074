/**
 * Traffic rules that say one thing each (limits, balancing, retries, health, shares), laid over the rule that says several. What is said for a
 * smaller part goes before what is said for a larger one; for the same part a layer goes before the rule under it.
 */
import { ASPECTS, type Layer, type RouteRetry } from './layer.ts'
import {
  type ConnectionPool,
  type MergedRule,
  NO_POLICY,
  type PolicyBlocks,
  type Subset,
  type TrafficPolicy,
  type TrafficRule,
} from './traffic-policy.ts'

export interface LayerRule extends TrafficRule {
  readonly layer: Layer
}

export function isLayer(rule: TrafficRule): rule is LayerRule {
  return rule.layer !== undefined
}

/** Two layers with the same key speak of the same thing. */
export function layerKey({ aspect, subset, port, route }: Layer): string {
  return [aspect, subset, port ?? '', route].join('|')
}

/** @param base undefined: nobody said anything else */
export function withLayers(base: MergedRule | undefined, layers: readonly LayerRule[]): MergedRule | undefined {
  const [first] = layers
  if (!first) return base
  const { layer: _, ...head } = first
  let rule: MergedRule = base ?? { ...head, policy: undefined, subsets: [], origins: [] }
  for (const aspect of ASPECTS) {
    const own = layers.filter(({ layer }) => layer.aspect === aspect)
    // The larger part first, so that a smaller one takes over what it does not say itself.
    for (const one of own.sort((a, b) => extent(a.layer) - extent(b.layer))) rule = withLayer(rule, one)
  }
  return rule
}

function extent({ subset, port }: Layer): number {
  return (subset ? 2 : 0) + (port === undefined ? 0 : 1)
}

function withLayer(rule: MergedRule, { layer, policy, subsets, origin }: LayerRule): MergedRule {
  const origins = [...rule.origins, origin]
  const known = new Set(rule.subsets.map(subset => subset.name))
  const all = [...rule.subsets, ...subsets.filter(subset => !known.has(subset.name))]
  const retry: readonly RouteRetry[] = layer.retry ? [{ route: layer.route, policy: layer.retry, origin }] : []
  const common = {
    ...rule,
    origins,
    retries: [...(rule.retries ?? []), ...retry],
    split: layer.split ?? rule.split,
  }
  if (!layer.subset) return { ...common, subsets: all, policy: policy ? laidOver(rule.policy, policy, layer.port) : rule.policy }
  const subsetsWith = all.map((subset): Subset => {
    if (subset.name !== layer.subset || !policy) return subset
    return { ...subset, policy: laidOver(inherited(subset.policy, rule.policy), policy, layer.port) }
  })
  return { ...common, subsets: subsetsWith }
}

/** A subset's pool replaces that of its service, so one that is begun here has to begin with it. */
function inherited(own: TrafficPolicy | undefined, base: TrafficPolicy | undefined): TrafficPolicy | undefined {
  if (!base) return own
  return { ...base, ...own, pool: own?.pool ?? base.pool, ports: own?.ports ?? new Map() }
}

function laidOver(base: TrafficPolicy | undefined, over: TrafficPolicy, port: number | undefined): TrafficPolicy {
  const under = base ?? NO_POLICY
  const rest = { retryBudget: over.retryBudget ?? under.retryBudget }
  if (port === undefined) return { ...under, ...rest, ...blocksOver(under, over) }
  const ports = new Map(under.ports)
  ports.set(port, blocksOver(under.ports.get(port) ?? blocksOf(under), over))
  return { ...under, ...rest, ports }
}

function blocksOf({ balancer, pool, outliers, tls, health }: PolicyBlocks): PolicyBlocks {
  return { balancer, pool, outliers, tls, health }
}

function blocksOver(under: PolicyBlocks, over: PolicyBlocks): PolicyBlocks {
  return {
    balancer: over.balancer ?? under.balancer,
    pool: over.pool ? poolOver(under.pool, over.pool) : under.pool,
    outliers: over.outliers ?? under.outliers,
    tls: over.tls ?? under.tls,
    health: over.health ?? under.health,
  }
}

/** Field by field: a limit of requests says nothing of time limits. */
function poolOver(under: ConnectionPool | undefined, over: ConnectionPool): ConnectionPool {
  if (!under) return over
  const { maxConnections, maxPendingRequests, maxRequests, maxRetries } = over
  return {
    ...under,
    maxConnections: maxConnections ?? under.maxConnections,
    maxPendingRequests: maxPendingRequests ?? under.maxPendingRequests,
    maxRequests: maxRequests ?? under.maxRequests,
    maxRetries: maxRetries ?? under.maxRetries,
  }
}
