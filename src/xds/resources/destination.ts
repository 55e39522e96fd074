/** Where a rule's destination leads: cluster name, and the service and its rule if they are known. */
import type { Destination } from '../../model/http-rule.ts'
import type { Service } from '../../model/service.ts'
import type { HashPolicy, MergedRule, TrafficPolicy } from '../../model/traffic-policy.ts'
import { effectivePolicy } from '../../model/traffic-rule-lookup.ts'
import { outboundCluster } from './names.ts'
import { ruleFor, type View } from './view.ts'

export interface Resolved {
  readonly cluster: string
  readonly port: number
  readonly service: Service | undefined
  readonly policy: TrafficPolicy | undefined
}

/** The cluster is named even when there is no such service or subset: requests get 503 then, as in Istio. */
export function resolveDestination(view: View, destination: Destination, listenPort: number): Resolved {
  const service = view.scope.byHost.get(destination.host)
  const port = destination.port ?? onlyPort(service) ?? listenPort
  const rule = service && ruleFor(view, service)
  return {
    cluster: outboundCluster(port, destination.subset, service?.hostname ?? destination.host),
    port,
    service,
    policy: policyOf(rule, port, destination.subset),
  }
}

function onlyPort(service: Service | undefined): number | undefined {
  return service?.ports.length === 1 ? service.ports[0]?.number : undefined
}

export function policyOf(rule: MergedRule | undefined, port: number, subset: string): TrafficPolicy | undefined {
  return effectivePolicy(rule, port, subset ? rule?.subsets.find(entry => entry.name === subset) : undefined)
}

export function hashOf(policy: TrafficPolicy | undefined): HashPolicy | undefined {
  const balancer = policy?.balancer
  return balancer?.kind === 'consistent-hash' ? balancer.hash : undefined
}
