/** Statuses of Gateway API objects, from the resolution that the model is made of. */
import {
  type Condition,
  condition,
  type ListenerStatus,
  type ObjectStatus,
  type ParentStatus,
  type Refusal,
  WAYPOINTS,
} from './conditions.ts'
import { isOurs, isUnserved } from './controllers.ts'
import { isProgrammed, type ResolvedGateway, type ResolvedListener, type ResolvedSet } from './gateways.ts'
import { isMeshParent } from './parents.ts'
import type { BoundRoute } from './route-sets.ts'
import type { RouteObject } from './routes.ts'
import { SUPPORTED_FEATURES } from './supported-features.ts'
import type { World } from './world.ts'

export function classStatuses({ objects, settings }: World): ObjectStatus[] {
  return objects.GatewayClass.flatMap((object): ObjectStatus[] => {
    const accepted = (message: string) => [condition('Accepted', undefined, 'Accepted', message)]
    if (isOurs(object.spec.controllerName, settings.gatewayController))
      return [{ object, conditions: accepted('served by mizzen'), supportedFeatures: SUPPORTED_FEATURES }]
    const use = isUnserved(object.spec.controllerName)
    return use ? [{ object, unserved: true, conditions: accepted(`known; mizzen runs no ${use} gateways`) }] : []
  })
}

export function gatewayStatuses(gateways: readonly ResolvedGateway[], bound: readonly BoundRoute[]): ObjectStatus[] {
  const attached = attachedCounts(bound)
  return gateways.flatMap(gateway => {
    const { object, listeners, sets, addressing, invalidParameters, clientCertificate } = gateway
    const own = listeners.filter(({ owner }) => owner === object)
    const unaccepted = invalidParameters ?? addressing.unsupported ?? noValid(own)
    const unprogrammed = addressing.unprogrammed ?? noProgrammed(own)
    const unresolved = clientCertificate && 'refusal' in clientCertificate ? clientCertificate.refusal : undefined
    const acceptedReason = !unaccepted && own.some(isInvalid) ? 'ListenersNotValid' : 'Accepted'
    const status: ObjectStatus = {
      object,
      conditions: [
        condition('Accepted', unaccepted, acceptedReason, 'accepted'),
        condition('Programmed', unprogrammed, 'Programmed', 'proxies have its configuration'),
        condition('ResolvedRefs', unresolved, 'ResolvedRefs', 'all references are resolved'),
        ...insecure(gateway),
      ],
      addresses: addressing.addresses,
      listeners: own.map(listener => listenerStatus(listener, attached)),
      ...(sets.length > 0 ? { attachedListenerSets: sets.filter(set => !setRefusal(set)).length } : {}),
    }
    return [status, ...sets.map(set => setStatus(set, addressing.unprogrammed, attached))]
  })
}

/** A client without a valid certificate is let in: the API wants that to be seen. */
function insecure({ object }: ResolvedGateway): Condition[] {
  const { frontend } = object.spec.tls ?? {}
  const validations = [frontend?.default.validation, ...(frontend?.perPort ?? []).map(entry => entry.tls.validation)]
  if (!validations.some(validation => validation?.mode === 'AllowInsecureFallback')) return []
  const message = 'clients without a valid certificate are let in'
  return [{ type: 'InsecureFrontendValidationMode', status: 'True', reason: 'ConfigurationChanged', message }]
}

function isInvalid({ unaccepted, conflict }: ResolvedListener): boolean {
  return unaccepted !== undefined || conflict !== undefined
}

function noValid(listeners: readonly ResolvedListener[]): Refusal | undefined {
  return listeners.every(isInvalid) ? { reason: 'ListenersNotValid', message: 'none of its listeners is valid' } : undefined
}

function noProgrammed(listeners: readonly ResolvedListener[]): Refusal | undefined {
  return listeners.every(isInvalid) ? { reason: 'Invalid', message: 'none of its listeners can be served' } : undefined
}

/** A set adds listeners and nothing else: with none that can be served, one without its certificate too, there is nothing to accept. */
function setRefusal({ refusal, listeners }: ResolvedSet): Refusal | undefined {
  if (refusal || listeners.some(isProgrammed)) return refusal
  return { reason: 'ListenersNotValid', message: 'none of its listeners is valid' }
}

function setStatus(set: ResolvedSet, unprogrammed: Refusal | undefined, attached: AttachedCounts): ObjectStatus {
  const refusal = setRefusal(set)
  const acceptedReason = refusal || set.listeners.every(isProgrammed) ? 'Accepted' : 'ListenersNotValid'
  return {
    object: set.object,
    conditions: [
      condition('Accepted', refusal, acceptedReason, 'accepted'),
      condition(
        'Programmed',
        refusal ?? (unprogrammed && { ...unprogrammed, reason: 'ParentNotProgrammed' }),
        'Programmed',
        'proxies have its configuration',
      ),
    ],
    listeners: set.listeners.map(listener => listenerStatus(listener, attached)),
  }
}

type AttachedCounts = ReadonlyMap<ResolvedListener, number>

function attachedCounts(bound: readonly BoundRoute[]): AttachedCounts {
  const routes = new Map<ResolvedListener, Set<RouteObject>>()
  for (const { route, binding } of bound) {
    for (const { listener } of binding.listeners) routes.set(listener, (routes.get(listener) ?? new Set()).add(route))
  }
  return new Map([...routes].map(([listener, attached]) => [listener, attached.size]))
}

function listenerStatus(resolved: ResolvedListener, attached: AttachedCounts): ListenerStatus {
  const { listener, supportedKinds, unaccepted, unresolved, conflict } = resolved
  const unprogrammed =
    conflict ?? (isProgrammed(resolved) ? undefined : { reason: 'Invalid', message: (unaccepted ?? unresolved)?.message ?? '' })
  return {
    name: listener.name,
    port: listener.port,
    supportedKinds,
    attachedRoutes: attached.get(resolved) ?? 0,
    conditions: [
      condition('Accepted', unaccepted ?? conflict, 'Accepted', 'no errors found'),
      conflict
        ? { type: 'Conflicted', status: 'True', ...conflict }
        : { type: 'Conflicted', status: 'False', reason: 'NoConflicts', message: 'no errors found' },
      condition('Programmed', unprogrammed, 'Programmed', 'no errors found'),
      condition('ResolvedRefs', unresolved, 'ResolvedRefs', 'no errors found'),
    ],
  }
}

/** One entry for each parent that is served here. */
export function routeStatuses(routes: readonly RouteObject[], bound: readonly BoundRoute[]): ObjectStatus[] {
  const byRoute = Map.groupBy(bound, entry => entry.route)
  return routes.flatMap(object => {
    const mine = byRoute.get(object) ?? []
    return mine.length > 0 ? [{ object, parents: mine.map(parentStatus) }] : []
  })
}

function parentStatus({ route, binding, compiled }: BoundRoute): ParentStatus {
  const { parent, controller, refusal, noWaypoint } = binding
  return {
    parentRef: parent,
    controllerName: controller,
    conditions: [
      condition('Accepted', refusal, 'Accepted', `${route.kind} is in force`),
      condition('ResolvedRefs', compiled.unresolved, 'ResolvedRefs', 'all references are resolved'),
      ...(isMeshParent(parent) ? [condition(WAYPOINTS, noWaypoint, WAYPOINTS, 'a waypoint is named')] : []),
    ],
  }
}
