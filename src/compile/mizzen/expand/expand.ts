/** mizzen's own objects in Istio's words: written from the model, so that they mean what the own objects mean. */
import { resourceName } from '../../../api/object.ts'
import { type HttpRule, NO_HEADER_CHANGES } from '../../../model/http-rule.ts'
import { MESH, type RouteSet } from '../../../model/route-set.ts'
import type { MeshSettings } from '../../../model/settings.ts'
import { isLayer, type LayerRule, withLayers } from '../../../model/traffic-layer.ts'
import type { MergedRule } from '../../../model/traffic-policy.ts'
import { compile } from '../../mesh.ts'
import type { Objects } from '../../objects.ts'
import { ownAccess } from '../access.ts'
import { ownParts } from '../own.ts'
import { destinationRule } from './destination-rule.ts'
import { gatewayObject, serviceEntry } from './gateway.ts'
import type { Expansion, IstioObject } from './object.ts'
import { prometheusRule } from './prometheus-rule.ts'
import { securityObjects } from './security.ts'
import { virtualService } from './virtual-service.ts'

/** What several own objects say of one service becomes one object, since Istio follows only one of them. */
export function expand(objects: Objects, settings: MeshSettings): Expansion {
  const notes = new Set<string>()
  const noteFor = (who: string) => (what: string) => void notes.add(`${who}: ${what}`)
  const own = ownParts(objects, settings)
  const { mesh } = compile(objects, { settings })
  const rules = mergedRules(own.trafficRules.filter(isLayer))
  const ruleOf = (host: string) => rules.find(rule => rule.host === host && !rule.clients)
  const access = ownAccess(objects, mesh.services, settings)
  const made: IstioObject[] = [
    ...own.services.map(serviceEntry),
    ...own.gateways.map(gatewayObject),
    ...distinct([...own.routes, ...defaultRoutes(rules, own.routes, noteFor)]).map(set =>
      virtualService(set, ruleOf, noteFor(set.origin.object)),
    ),
    ...rules.flatMap(rule => destinationRule(rule, noteFor(rule.origin.object)) ?? []),
    ...securityObjects(access),
    ...own.alerts.filter(({ disabled }) => !disabled).map(prometheusRule),
  ]
  for (const { origin } of own.rateLimits) noteFor(origin.object)('rate limits have no kind in Istio: they would be EnvoyFilters')
  for (const { origin } of own.scriptFilters) noteFor(origin.object)('a module has no kind in Istio: it would be a WasmPlugin')
  for (const object of objects.WeightedDestinationRule)
    if (object.spec.rollout) noteFor(resourceName(object))('a rollout has no form in Istio: these are the weights before it')
  for (const { message, resource } of access.problems) noteFor(resource)(message)
  return { objects: made, notes: [...notes] }
}

function mergedRules(layers: readonly LayerRule[]): MergedRule[] {
  const groups = Map.groupBy(layers, rule => JSON.stringify([rule.namespace, rule.host, rule.exportTo, rule.clients ?? null]))
  return [...groups.values()].flatMap(group => withLayers(undefined, group) ?? [])
}

/** Retries and shares of services that no HTTPProxy speaks of. */
function defaultRoutes(
  rules: readonly MergedRule[],
  sets: readonly RouteSet[],
  noteFor: (who: string) => (what: string) => void,
): RouteSet[] {
  return rules.flatMap(rule => {
    if (!rule.split && !rule.retries?.some(({ route }) => route === '')) return []
    if (rule.clients) {
      noteFor(rule.origin.object)('a VirtualService is for all clients: workloadSelector has no form in it')
      return []
    }
    if (sets.some(set => set.hosts.includes(rule.host) && set.attachments.includes(MESH))) return []
    const { name, namespace, host, exportTo, created, origin } = rule
    const destination = { host, subset: '', port: undefined, weight: 1, headers: NO_HEADER_CHANGES }
    const http: HttpRule = {
      name: '',
      matches: [],
      action: { kind: 'forward', destinations: [destination], rewrite: undefined, mirrors: [], timeoutMs: 0, retry: undefined },
      headers: NO_HEADER_CHANGES,
      fault: undefined,
      cors: undefined,
      origin,
    }
    return [{ name, namespace, hosts: [host], attachments: [MESH], exportTo, http: [http], tls: [], tcp: [], created, origin }]
  })
}

/** An object that became several sets needs a name for each. */
function distinct(sets: readonly RouteSet[]): RouteSet[] {
  const seen = new Map<string, number>()
  return sets.map(set => {
    const key = `${set.namespace}/${set.name}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count === 1 ? set : { ...set, name: `${set.name}-${count}` }
  })
}
