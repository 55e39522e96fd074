/**
 * Gateways of the classes that Istio has for its ambient mode and for other clusters. mizzen runs nothing for them, so no route is attached and
 * nothing is written to a cluster, where another controller may serve them; files with such Gateways are judged all the same.
 */
import type { Listener } from '../../api/gateway/gateway/listener.ts'
import type { KubernetesGateway } from '../../api/registry.ts'
import { isManual } from './addresses.ts'
import { condition, type ListenerStatus, type ObjectStatus, type Refusal } from './conditions.ts'
import { type UnservedClass, unservedClassOf } from './controllers.ts'
import { type ResolvedListener, resolveListener, setsOf } from './gateways.ts'
import type { World } from './world.ts'

/** Where proxies of the ambient mode take tunnels. */
const TUNNEL_PORT = 15008

export function unservedStatuses(world: World): ObjectStatus[] {
  return world.objects.KubernetesGateway.flatMap(object => {
    const use = unservedClassOf(object.spec.gatewayClassName, world.objects.GatewayClass)
    if (use === undefined) return []
    return [use === 'remote' ? remoteStatus(object) : tunnelStatus(object, use, world), ...refusedSets(object, world)]
  })
}

/** It describes a gateway of another cluster: what it says of itself is all there is to know. */
function remoteStatus(object: KubernetesGateway): ObjectStatus {
  return {
    object,
    unserved: true,
    conditions: [
      condition('Accepted', undefined, 'Accepted', 'accepted'),
      condition('Programmed', undefined, 'Programmed', 'it runs elsewhere, where nothing is programmed from here'),
    ],
    addresses: (object.spec.addresses ?? []).flatMap(({ type = 'IPAddress', value }) => (value ? [{ type, value }] : [])),
  }
}

function tunnelStatus(object: KubernetesGateway, use: Exclude<UnservedClass, 'remote'>, world: World): ObjectStatus {
  const unprogrammed: Refusal = {
    reason: 'AddressNotUsable',
    message: `mizzen runs no ${use} gateways: sidecars follow the routes of Services themselves`,
  }
  const strange = (object.spec.addresses ?? []).filter(({ type }) => type !== undefined && type !== 'Hostname')
  const unsupported: Refusal | undefined =
    isManual(object) && strange.length > 0
      ? { reason: 'UnsupportedAddress', message: 'only addresses of type Hostname can be had' }
      : undefined
  return {
    object,
    unserved: true,
    conditions: [
      condition('Accepted', unsupported, 'Accepted', 'accepted'),
      condition('Programmed', unprogrammed, 'Programmed', ''),
      condition('ResolvedRefs', undefined, 'ResolvedRefs', 'all references are resolved'),
    ],
    addresses: [],
    listeners: object.spec.listeners.map((_, index) => tunnelListener(resolveListener(object, object, index, world), use)),
  }
}

function tunnelListener(
  { listener, supportedKinds, unresolved }: ResolvedListener,
  use: 'waypoint' | 'east-west',
): ListenerStatus {
  const badTls = unresolved && unresolved.reason !== 'InvalidRouteKinds' ? { ...unresolved, reason: 'Invalid' } : undefined
  return {
    name: listener.name,
    port: listener.port,
    supportedKinds,
    attachedRoutes: 0,
    conditions: [
      condition('Accepted', unexpected(listener, use), 'Accepted', 'no errors found'),
      { type: 'Conflicted', status: 'False', reason: 'NoConflicts', message: 'no errors found' },
      condition('Programmed', badTls, 'Programmed', 'no errors found'),
      condition('ResolvedRefs', unresolved, 'ResolvedRefs', 'no errors found'),
    ],
  }
}

function unexpected({ port, protocol, tls }: Listener, use: 'waypoint' | 'east-west'): Refusal | undefined {
  const ends = use === 'waypoint' || (tls !== undefined && (tls.mode ?? 'Terminate') === 'Terminate')
  if (port === TUNNEL_PORT && protocol === 'HBONE' && ends) return undefined
  const more = use === 'waypoint' ? '' : ' that ends TLS'
  return {
    reason: 'UnsupportedProtocol',
    message: `protocol "${protocol}" on port ${port}: expected one listener of protocol HBONE on port ${TUNNEL_PORT}${more}`,
  }
}

/** Such Gateways have the listeners of their class and no others. */
function refusedSets(gateway: KubernetesGateway, world: World): ObjectStatus[] {
  return setsOf(gateway, world).map(object => {
    const refusal: Refusal = {
      reason: 'NotAllowed',
      message: `Gateways of class "${gateway.spec.gatewayClassName}" take no ListenerSets`,
    }
    const conditions = ['Accepted', 'Programmed'].map(type => condition(type, refusal, type, ''))
    return { object, unserved: true, conditions, listeners: [] }
  })
}
