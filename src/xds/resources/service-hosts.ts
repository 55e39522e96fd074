/** Virtual hosts of outbound tables: of a service port, and of a name that only rules know. */
import { MESH, type RouteSet } from '../../model/route-set.ts'
import type { Service } from '../../model/service.ts'
import type { Route } from '../gen/envoy/config/route/v3/route_components.ts'
import { httpRoutes } from './http-route.ts'
import { serviceRoutes } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { hostRetry } from './retry.ts'
import { defaultRoute, type EncodedHost, encodeHost, type HostInputs, rememberedHost } from './virtual-host.ts'

/** Virtual host of a service port: its rules, or the default route where there are none for this client. */
export function serviceHost(inputs: ServiceHost): EncodedHost {
  const { view, service, set, domains, port, before } = inputs
  const make = (): EncodedHost => {
    const routes = set ? httpRoutes(view, set, { attachment: MESH, port }) : []
    return encodeHost({
      name: serviceRoutes(service.hostname, port),
      domains: [...domains],
      routes: [...(before?.() ?? []), ...(routes.length > 0 ? routes : [defaultRoute(view, service, port)])],
      metadata: originWithLine(set && routes.length > 0 ? set.origin : service.origin),
      retryPolicy: hostRetry(view),
    })
  }
  return rememberedHost(inputs, make) ?? make()
}

/** Routes before all others; `variant` tells which. */
interface Before {
  readonly before?: () => readonly Route[]
}

interface ServiceHost extends HostInputs, Before {
  readonly service: Service
}

/** Virtual host of a name that no service has; undefined: none of its rules are for this client. */
export function ruleHost(inputs: RuleHost, host: string): EncodedHost | undefined {
  const { view, set, port, domains, before } = inputs
  return rememberedHost({ ...inputs, service: undefined, variant: `${host} ${inputs.variant ?? ''}` }, () => {
    const routes = httpRoutes(view, set, { attachment: MESH, port })
    if (routes.length === 0) return undefined
    return encodeHost({
      name: serviceRoutes(host, port),
      domains: [...domains],
      routes: [...(before?.() ?? []), ...routes],
      metadata: originWithLine(set.origin),
      retryPolicy: hostRetry(view),
    })
  })
}

interface RuleHost extends Omit<HostInputs, 'service'>, Before {
  readonly set: RouteSet
}
