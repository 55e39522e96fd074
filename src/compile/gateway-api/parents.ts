/** What each parentRef of a route attaches it to: listeners, or a Service whose clients follow it. */
import type { ParentReference } from '../../api/gateway/references.ts'
import { EXPERIMENTAL_GROUP, GATEWAY_GROUP } from '../../api/gateway/values.ts'
import { hostsMatch, intersectHosts } from '../../model/host.ts'
import type { Service } from '../../model/service.ts'
import type { Refusal } from './conditions.ts'
import { ISTIO_CONTROLLER } from './controllers.ts'
import type { ResolvedGateway, ResolvedListener } from './gateways.ts'
import { admits } from './namespace-selection.ts'
import { hostnamesOf, type RouteObject } from './routes.ts'
import type { World } from './world.ts'

export interface Binding {
  readonly parent: ParentReference
  readonly index: number
  readonly controller: string
  /** Listeners that take the route, with the hosts that both are for. */
  readonly listeners: readonly { readonly listener: ResolvedListener; readonly hosts: readonly string[] }[]
  /** The Service, and which of its ports; undefined: all. */
  readonly service: { readonly service: Service; readonly port: number | undefined } | undefined
  readonly refusal: Refusal | undefined
}

/** References to what is not there, or not served here, give nothing. */
export function bindingsOf(route: RouteObject, gateways: readonly ResolvedGateway[], world: World): Binding[] {
  return (route.spec.parentRefs ?? []).flatMap((parent, index): Binding[] => {
    const { group = GATEWAY_GROUP, kind = 'Gateway' } = parent
    if (group === '' && kind === 'Service') return [bindToService(route, parent, index, world)]
    if (kind !== 'Gateway' && kind !== 'ListenerSet' && kind !== 'XListenerSet') return []
    if (group !== GATEWAY_GROUP && group !== EXPERIMENTAL_GROUP) return []
    const namespace = parent.namespace ?? route.namespace
    const found = gateways.flatMap(gateway => {
      const owners = [gateway.object, ...gateway.sets.map(set => set.object)]
      const owner = owners.find(each => each.kind === kind && each.name === parent.name && each.namespace === namespace)
      return owner ? [{ gateway, listeners: gateway.listeners.filter(listener => listener.owner === owner) }] : []
    })[0]
    return found ? [bindToListeners(route, parent, index, found.gateway.controller, found.listeners, world)] : []
  })
}

function bindToListeners(
  route: RouteObject,
  parent: ParentReference,
  index: number,
  controller: string,
  candidates: readonly ResolvedListener[],
  world: World,
): Binding {
  const tried = candidates.map(listener => ({ listener, refusal: refuses(route, parent, listener, world) }))
  const hosts = hostnamesOf(route)
  const listeners = tried
    .filter(({ refusal }) => !refusal)
    .map(({ listener }) => ({ listener, hosts: commonHosts(listener, hosts) }))
  const refusals = tried.flatMap(({ refusal }) => refusal ?? [])
  const refusal = listeners.length > 0 ? undefined : (worst(refusals) ?? noListener(parent))
  return { parent, index, controller, listeners, service: undefined, refusal }
}

/** The names that a listener and a route are both for. */
function commonHosts({ listener }: ResolvedListener, hosts: readonly string[]): string[] {
  const own = listener.hostname?.toLowerCase() ?? '*'
  return intersectHosts([own], hosts.length > 0 ? hosts.map(host => host.toLowerCase()) : [own])
}

/** The reason that says most about what to change. */
function worst(refusals: readonly Refusal[]): Refusal | undefined {
  for (const reason of ['NotAllowedByListeners', 'NoMatchingListenerHostname', 'NoMatchingParent']) {
    const found = refusals.find(refusal => refusal.reason === reason)
    if (found) return found
  }
  return undefined
}

function refuses(route: RouteObject, parent: ParentReference, resolved: ResolvedListener, world: World): Refusal | undefined {
  const { listener, owner, supportedKinds } = resolved
  if (
    (parent.port !== undefined && parent.port !== listener.port) ||
    (parent.sectionName !== undefined && parent.sectionName !== listener.name)
  )
    return noListener(parent)
  const hosts = hostnamesOf(route)
  const own = listener.hostname?.toLowerCase()
  if (own !== undefined && hosts.length > 0 && !hosts.some(host => hostsMatch(host.toLowerCase(), own)))
    return {
      reason: 'NoMatchingListenerHostname',
      message: `none of its hostnames is within "${own}" of listener "${listener.name}"`,
    }
  if (!admits(listener.allowedRoutes?.namespaces, route.namespace, owner.namespace, 'Same', world)) {
    const message = `listener "${listener.name}" takes no routes from namespace "${route.namespace}" (allowedRoutes.namespaces)`
    return { reason: 'NotAllowedByListeners', message }
  }
  if (!supportedKinds.some(({ kind }) => kind === route.kind))
    return {
      reason: 'NotAllowedByListeners',
      message: `listener "${listener.name}" (${listener.protocol}) takes no ${route.kind}`,
    }
  return undefined
}

function noListener({ name, sectionName, port }: ParentReference): Refusal {
  const wanted = [sectionName && `named "${sectionName}"`, port && `of port ${port}`].filter(Boolean).join(' and ')
  return { reason: 'NoMatchingParent', message: `"${name}" has no listener${wanted && ` ${wanted}`}` }
}

function bindToService(route: RouteObject, parent: ParentReference, index: number, world: World): Binding {
  const base = { parent, index, controller: ISTIO_CONTROLLER, listeners: [] }
  const host = world.hostOf(parent.name, parent.namespace ?? route.namespace)
  const service = world.service(host)
  const refuse = (message: string): Binding => ({ ...base, service: undefined, refusal: { reason: 'NoMatchingParent', message } })
  if (!service) return refuse(`there is no Service "${host}"`)
  const named = parent.sectionName === undefined ? undefined : service.ports.find(port => port.name === parent.sectionName)
  if (parent.sectionName !== undefined && !named) return refuse(`Service "${host}" has no port named "${parent.sectionName}"`)
  const port = parent.port ?? named?.number
  if (port !== undefined && !service.ports.some(entry => entry.number === port))
    return refuse(`Service "${host}" has no port ${port}`)
  if (route.kind === 'UDPRoute') return refuse('sidecars do not route UDP')
  return { ...base, service: { service, port }, refusal: undefined }
}
