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
  /** In the mesh: the Service, or those that a ServiceEntry makes. */
  readonly services: readonly Service[]
  /** Of the services; undefined: all. */
  readonly port: number | undefined
  readonly refusal: Refusal | undefined
  /** In the mesh: why clients of the ambient mode would not follow the route. */
  readonly noWaypoint?: Refusal | undefined
}

/** Whether the clients of services follow the route, rather than callers of a listener. */
export function isMeshParent({ group = GATEWAY_GROUP, kind = 'Gateway' }: ParentReference): boolean {
  return (group === '' && kind === 'Service') || (group === ENTRY_GROUP && kind === 'ServiceEntry')
}

/** Istio's group, whose ServiceEntry can be a parent as a Service can. */
const ENTRY_GROUP = 'networking.istio.io'

/** References to what is not there, or not served here, give nothing. */
export function bindingsOf(route: RouteObject, gateways: readonly ResolvedGateway[], world: World): Binding[] {
  return (route.spec.parentRefs ?? []).flatMap((parent, index): Binding[] => {
    const { group = GATEWAY_GROUP, kind = 'Gateway' } = parent
    if (isMeshParent(parent)) return [bindToServices(route, parent, index, world)]
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
  return { parent, index, controller, listeners, services: [], port: undefined, refusal }
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

function bindToServices(route: RouteObject, parent: ParentReference, index: number, world: World): Binding {
  const noWaypoint = waypointRefusal(parent, parent.namespace ?? route.namespace, world)
  const base = { parent, index, controller: world.settings.gatewayController ?? ISTIO_CONTROLLER, listeners: [], noWaypoint }
  const services = servicesOf(parent, parent.namespace ?? route.namespace, world)
  const refuse = (message: string): Binding => ({
    ...base,
    services: [],
    port: undefined,
    refusal: { reason: 'NoMatchingParent', message },
  })
  const [first] = services
  const name = `${parent.kind} "${parent.namespace ?? route.namespace}/${parent.name}"`
  if (!first) return refuse(`there is no ${name}`)
  const { sectionName } = parent
  const named = sectionName === undefined ? undefined : first.ports.find(port => port.name === sectionName)
  if (sectionName !== undefined && !named) return refuse(`${name} has no port named "${sectionName}"`)
  const port = parent.port ?? named?.number
  if (port !== undefined && !first.ports.some(entry => entry.number === port)) return refuse(`${name} has no port ${port}`)
  if (named && parent.port !== undefined && named.number !== parent.port)
    return refuse(`${name} has port "${named.name}" under number ${named.number}, not ${parent.port}`)
  if (route.kind === 'UDPRoute') return refuse('sidecars do not route UDP')
  return { ...base, services, port, refusal: undefined }
}

function servicesOf({ kind, name }: ParentReference, namespace: string, world: World): Service[] {
  const entry = world.objects.ServiceEntry.find(object => object.namespace === namespace && object.name === name)
  const hosts = kind === 'Service' ? [world.hostOf(name, namespace)] : (entry?.spec.hosts ?? [])
  return hosts.flatMap(host => world.service(host.toLowerCase()) ?? [])
}

const USE_WAYPOINT = 'istio.io/use-waypoint'

/** By its own label a Service or ServiceEntry says which waypoint is for it, or by that of its namespace. */
function waypointRefusal({ kind, name }: ParentReference, namespace: string, world: World): Refusal | undefined {
  const list = kind === 'Service' ? world.objects.Service : world.objects.ServiceEntry
  const object = list.find(each => each.namespace === namespace && each.name === name)
  if (!object) return { reason: 'NoMatchingParent', message: `there is no ${kind} "${namespace}/${name}"` }
  if (object.labels[USE_WAYPOINT] || world.namespaceLabels(namespace)[USE_WAYPOINT]) return undefined
  const message = `neither ${kind} "${namespace}/${name}" nor its namespace has the label ${USE_WAYPOINT}: only sidecars and gateways follow the route`
  return { reason: 'MissingUseWaypointLabel', message }
}
