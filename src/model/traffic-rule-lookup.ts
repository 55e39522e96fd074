/**
 * Which traffic rule a client follows for a service (Istio, DestinationRule): the client's namespace, then the service's, then the root
 * namespace; in each the most specific host. The first namespace with a rule wins, nothing is merged between namespaces. Rules for one
 * host in one namespace, of one visibility and for the same clients, act as one: subsets are added up, the oldest policy counts.
 */
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { isSubset, isWildcard, mostSpecific } from './host.ts'
import { hasLabels, type Labels, labelsKey } from './labels.ts'
import type { Mesh } from './mesh.ts'
import { isLayer, type LayerRule, layerKey, withLayers } from './traffic-layer.ts'
import type { MergedRule, PolicyBlocks, Subset, TrafficPolicy, TrafficRule } from './traffic-policy.ts'
import { isPrivate, isVisible } from './visibility.ts'

export interface Client {
  readonly namespace: string
  readonly labels: Labels
}

export function trafficRuleFor(
  mesh: Pick<Mesh, 'trafficRules' | 'settings'>,
  client: Client,
  service: { readonly hostname: string; readonly namespace: string },
): MergedRule | undefined {
  const index = ruleIndex(mesh.trafficRules)
  const root = mesh.settings.rootNamespace
  const own = client.namespace === root ? index.privateRules : index.ownRules
  const rule =
    (find(own, client.namespace, service.hostname, client) ??
      (service.namespace && find(index.exported, service.namespace, service.hostname, client)) ??
      find(index.exported, root, service.hostname, client)) ||
    undefined
  const layers =
    index.layers.size > 0 ? layersFor(index.layers, [client.namespace, service.namespace, root], service.hostname, client) : []
  return layers.length === 0 ? rule : layered.get([...layers, rule], () => withLayers(rule, layers))
}

/** The same rule and layers give the same object again. */
const layered = new IdentityMemo<MergedRule | undefined>()

/**
 * Layers are looked for like rules, each aspect by itself: the first namespace that says something of it counts. There the most specific host
 * does, and for one thing one layer: that for clients like this one, else the oldest.
 */
function layersFor(
  index: ReadonlyMap<string, readonly LayerRule[]>,
  namespaces: readonly string[],
  hostname: string,
  client: Client,
): LayerRule[] {
  const found = new Map<string, LayerRule>()
  const settled = new Set<string>()
  for (const namespace of new Set(namespaces)) {
    const here = (index.get(namespace) ?? []).filter(
      rule => isSubset(hostname, rule.host) && isVisible(rule.exportTo, client.namespace) && isLayerFor(rule, client),
    )
    const hosts = Map.groupBy(here, rule => rule.layer.aspect)
    for (const [aspect, rules] of hosts) {
      if (settled.has(aspect)) continue
      settled.add(aspect)
      const host = mostSpecific(hostname, new Set(rules.map(rule => rule.host)))
      for (const rule of rules) {
        if (rule.host !== host) continue
        const key = layerKey(rule.layer)
        const known = found.get(key)
        if (!known || (rule.clients && !known.clients)) found.set(key, rule)
      }
    }
  }
  return [...found.values()]
}

function isLayerFor(rule: LayerRule, client: Client): boolean {
  return !rule.clients || (rule.namespace === client.namespace && hasLabels(client.labels, rule.clients))
}

function find(index: NamespaceIndex, namespace: string, hostname: string, client: Client): MergedRule | undefined {
  const hosts = index.get(namespace)
  if (!hosts) return undefined
  let rules = hosts.rules.get(hostname)
  if (!rules && hosts.wildcards.length > 0) rules = hosts.rules.get(mostSpecific(hostname, hosts.wildcards) ?? '')
  let found: MergedRule | undefined
  for (const rule of rules ?? []) {
    if (!isVisible(rule.exportTo, client.namespace) || !isFor(rule, client)) continue
    if (rule.clients) return rule
    found ??= rule
  }
  return found
}

function isFor(rule: MergedRule, client: Client): boolean {
  return !rule.clients || (rule.namespace === client.namespace && hasLabels(client.labels, rule.clients))
}

type NamespaceIndex = ReadonlyMap<string, { readonly rules: Map<string, MergedRule[]>; readonly wildcards: string[] }>

const ruleIndex = remembering((rules: readonly TrafficRule[]) => {
  const groups = new Map<string, TrafficRule[]>()
  const layers = rules.filter(isLayer)
  for (const rule of rules) {
    if (isLayer(rule)) continue
    const clients = rule.clients ? labelsKey(rule.clients) : '*'
    const key = [rule.namespace, rule.host, [...rule.exportTo].sort().join(','), clients].join('|')
    const group = groups.get(key)
    if (group) group.push(rule)
    else groups.set(key, [rule])
  }
  const merged = [...groups.values()].map(group => merges.get(group, () => merge(group)))
  return {
    layers: Map.groupBy(layers, rule => rule.namespace),
    ownRules: byNamespace(merged),
    privateRules: byNamespace(merged.filter(rule => isPrivate(rule.exportTo, rule.namespace))),
    exported: byNamespace(merged.filter(rule => !isPrivate(rule.exportTo, rule.namespace))),
  }
})

function byNamespace(rules: readonly MergedRule[]): NamespaceIndex {
  const index = new Map<string, { rules: Map<string, MergedRule[]>; wildcards: string[] }>()
  for (const rule of rules) {
    let hosts = index.get(rule.namespace)
    if (!hosts) {
      hosts = { rules: new Map(), wildcards: [] }
      index.set(rule.namespace, hosts)
    }
    const list = hosts.rules.get(rule.host)
    if (list) list.push(rule)
    else {
      hosts.rules.set(rule.host, [rule])
      if (isWildcard(rule.host)) hosts.wildcards.push(rule.host)
    }
  }
  return index
}

/** The same rules give the same merged object again, so that what was made of it stays valid. */
const merges = new IdentityMemo<MergedRule>()

function merge(rules: readonly TrafficRule[]): MergedRule {
  const [first, ...rest] = rules
  if (!first) throw new Error('Cannot merge traffic rules: expected at least one')
  const subsets = new Map<string, Subset>()
  for (const rule of rules) for (const subset of rule.subsets) if (!subsets.has(subset.name)) subsets.set(subset.name, subset)
  return {
    ...first,
    policy: first.policy ?? rest.find(rule => rule.policy)?.policy,
    subsets: [...subsets.values()],
    origins: rules.map(rule => rule.origin),
  }
}

/** What holds for one port of one subset (undefined: of the whole service) once everything is inherited. */
export function effectivePolicy(
  rule: MergedRule | undefined,
  port: number,
  subset: Subset | undefined,
): TrafficPolicy | undefined {
  const base = rule?.policy
  const own = subset?.policy
  if (!base && !own) return undefined
  const blocks = own?.ports.get(port) ?? overlay(base?.ports.get(port) ?? base, own)
  return {
    ...blocks,
    ports: new Map(),
    tunnel: own?.tunnel ?? base?.tunnel,
    proxyProtocol: own?.proxyProtocol ?? base?.proxyProtocol,
    retryBudget: own?.retryBudget ?? base?.retryBudget,
  }
}

function overlay(base: PolicyBlocks | undefined, own: PolicyBlocks | undefined): PolicyBlocks {
  return {
    balancer: own?.balancer ?? base?.balancer,
    pool: own?.pool ?? base?.pool,
    outliers: own?.outliers ?? base?.outliers,
    tls: own?.tls ?? base?.tls,
    health: own?.health ?? base?.health,
  }
}
