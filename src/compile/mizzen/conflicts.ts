/**
 * Own objects and Istio's that say different things of one service. What is said for a smaller part counts before what is said for a larger
 * one; for the same part an own kind before Istio's; of one kind the oldest (docs/mizzen-kinds.md). Here the loser is told.
 */
import type { ObjectHead, Path } from '../../api/object.ts'
import { resourceName } from '../../api/object.ts'
import type { DestinationRule } from '../../api/registry.ts'
import { fullHostName } from '../../model/host.ts'
import type { Mesh } from '../../model/mesh.ts'
import { MESH, type RouteSet } from '../../model/route-set.ts'
import { isLayer, type LayerRule, layerKey } from '../../model/traffic-layer.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'

export function checkOwnConflicts(objects: Objects, mesh: Mesh): Diagnostic[] {
  const layers = mesh.trafficRules.filter(isLayer)
  const own = ownObjects(objects)
  return [
    ...sameThing(layers, own),
    ...objects.DestinationRule.flatMap(object => overruled(object, layers, mesh)),
    ...hostRoutes(objects, mesh, own),
  ]
}

type ByName = ReadonlyMap<string, ObjectHead>

function ownObjects(objects: Objects): ByName {
  const { CircuitBreaker, Retry, LoadBalancingRule, WeightedDestinationRule, HealthCheck, HTTPProxy, GRPCProxy, VirtualGateway } =
    objects
  const all = [
    CircuitBreaker,
    Retry,
    LoadBalancingRule,
    WeightedDestinationRule,
    HealthCheck,
    HTTPProxy,
    GRPCProxy,
    VirtualGateway,
  ]
  return new Map(all.flat().map(object => [resourceName(object), object]))
}

const BLOCKS = { breaker: ['connectionPool', 'outlierDetection'], balancing: ['loadBalancer'], retry: ['retryBudget'] } as const

/** Two own objects of one kind, for one thing. */
function sameThing(layers: readonly LayerRule[], own: ByName): Diagnostic[] {
  const winners = new Map<string, LayerRule>()
  return layers.flatMap(rule => {
    const clients = JSON.stringify(rule.clients ?? {})
    const key = [rule.namespace, rule.host, layerKey(rule.layer), clients].join('|')
    const winner = winners.get(key)
    if (!winner) winners.set(key, rule)
    const object = own.get(rule.origin.object)
    return winner && object ? [loses(object, ['spec', 'host'], rule.host, winner)] : []
  })
}

/** What a DestinationRule says of the whole service, and an own object too. */
function overruled(object: DestinationRule, layers: readonly LayerRule[], { settings }: Mesh): Diagnostic[] {
  const { spec, namespace } = object
  const host = fullHostName(spec.host, namespace, settings.domainSuffix).toLowerCase()
  return layers.flatMap(rule => {
    const { aspect, subset, port } = rule.layer
    if (rule.host !== host || rule.namespace !== namespace || subset || port !== undefined) return []
    if (aspect !== 'breaker' && aspect !== 'balancing' && aspect !== 'retry') return []
    const said = BLOCKS[aspect].find(block => spec.trafficPolicy?.[block] !== undefined && rule.policy && says(rule, block))
    return said ? [loses(object, ['spec', 'trafficPolicy', said], host, rule)] : []
  })
}

function says({ policy }: LayerRule, block: string): boolean {
  if (block === 'connectionPool') return policy?.pool !== undefined
  if (block === 'outlierDetection') return policy?.outliers !== undefined
  return block === 'loadBalancer' ? policy?.balancer !== undefined : policy?.retryBudget !== undefined
}

/** One set of routes speaks for a host at the sidecars. */
function hostRoutes(objects: Objects, mesh: Mesh, own: ByName): Diagnostic[] {
  const istio = new Map(objects.VirtualService.map(object => [resourceName(object), object]))
  const winners = new Map<string, RouteSet>()
  return mesh.routes.flatMap(set => {
    if (!set.attachments.includes(MESH) || set.http.length === 0) return []
    const isOwn = own.has(set.origin.object)
    return set.hosts.flatMap((host, index) => {
      const winner = winners.get(host)
      if (isOwn && !winner) winners.set(host, set)
      const object = own.get(set.origin.object) ?? istio.get(set.origin.object)
      if (!winner || winner === set || !object) return []
      return [loses(object, isOwn ? ['spec', 'host'] : ['spec', 'hosts', index], host, winner)]
    })
  })
}

function loses(object: ObjectHead, path: Path, host: string, winner: { readonly origin: RouteSet['origin'] }): Diagnostic {
  const { object: name, file, line } = winner.origin
  return diagnostic(object, path, {
    code: 'MZ0201',
    level: 'warning',
    message: `${name} (${file}:${line}) says the same of "${host}"`,
    effect: 'that counts, and what stands here does not',
    fix: 'keep one of the two',
  })
}
