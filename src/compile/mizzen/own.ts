/** All of mizzen's own objects: what they add to the mesh. */
import { type ObjectHead, resourceName } from '../../api/object.ts'
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Objects } from '../objects.ts'
import { compileAlertRule } from './alert-rule.ts'
import { compileCircuitBreaker } from './circuit-breaker.ts'
import { compileHealthCheck } from './health-check.ts'
import { compileGrpcProxy, compileHttpProxy } from './http-proxy.ts'
import { compileLoadBalancingRule } from './load-balancing-rule.ts'
import type { Parts } from './parts.ts'
import { compileRateLimit } from './rate-limit.ts'
import { compileRetry } from './retry.ts'
import { compileTypeScriptFilter } from './typescript-filter.ts'
import { compileVirtualGateway } from './virtual-gateway.ts'
import { compileWeightedDestinationRule, type RolloutShares } from './weighted-destination-rule.ts'

const memo = new IdentityMemo<Parts>()
const NONE_BEGUN: RolloutShares = new Map()
const all = new IdentityMemo<Parts>()

/** The same object as long as no list of these objects has changed. */
export function ownParts(objects: Objects, settings: MeshSettings, shares: RolloutShares = NONE_BEGUN): Parts {
  const { RateLimit, CircuitBreaker, Retry, LoadBalancingRule, WeightedDestinationRule, HealthCheck } = objects
  const { VirtualGateway, HTTPProxy, GRPCProxy, AlertRule, TypeScriptFilter } = objects
  const traffic = [RateLimit, CircuitBreaker, Retry, LoadBalancingRule, WeightedDestinationRule, HealthCheck]
  return all.get([...traffic, VirtualGateway, HTTPProxy, GRPCProxy, AlertRule, TypeScriptFilter, settings, shares], () =>
    joined(partsOfAll(objects, settings, shares)),
  )
}

function partsOfAll(objects: Objects, settings: MeshSettings, shares: RolloutShares): Parts[] {
  const each = <T extends ObjectHead>(list: readonly T[], compile: (object: T, settings: MeshSettings) => Parts) =>
    list.map(object => memo.get([object, settings], () => compile(object, settings)))
  return [
    ...each(objects.RateLimit, compileRateLimit),
    ...each(objects.CircuitBreaker, compileCircuitBreaker),
    ...each(objects.Retry, compileRetry),
    ...each(objects.LoadBalancingRule, compileLoadBalancingRule),
    ...objects.WeightedDestinationRule.map(object => {
      const share = shares.get(resourceName(object))
      return memo.get([object, settings, share], () => compileWeightedDestinationRule(object, settings, share))
    }),
    ...each(objects.HealthCheck, compileHealthCheck),
    ...each(objects.VirtualGateway, compileVirtualGateway),
    ...each(objects.HTTPProxy, compileHttpProxy),
    ...each(objects.GRPCProxy, compileGrpcProxy),
    ...each(objects.AlertRule, compileAlertRule),
    ...each(objects.TypeScriptFilter, compileTypeScriptFilter),
  ]
}

function joined(found: readonly Parts[]): Parts {
  return {
    routes: found.flatMap(part => part.routes),
    trafficRules: found.flatMap(part => part.trafficRules),
    gateways: found.flatMap(part => part.gateways),
    services: found.flatMap(part => part.services),
    rateLimits: found.flatMap(part => part.rateLimits),
    alerts: found.flatMap(part => part.alerts),
    scriptFilters: found.flatMap(part => part.scriptFilters),
  }
}
