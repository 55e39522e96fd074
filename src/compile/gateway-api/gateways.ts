/**
 * Gateways with all their listeners, those of ListenerSets too, and what speaks against each: the one resolution that both the model and
 * the statuses are made from.
 */
import type { Listener } from '../../api/gateway/gateway/listener.ts'
import { GATEWAY_GROUP } from '../../api/gateway/values.ts'
import type { KubernetesGateway, ListenerSet } from '../../api/registry.ts'
import { compareText } from '../../model/age.ts'
import type { ServerTls } from '../../model/gateway.ts'
import { type Addressing, addressing } from './addresses.ts'
import { certificateRef, type Resolution } from './certificate-refs.ts'
import type { Refusal, RouteKind } from './conditions.ts'
import { controllerOf } from './controllers.ts'
import { markConflicts } from './listener-conflicts.ts'
import { resolveTls } from './listener-tls.ts'
import { admits } from './namespace-selection.ts'
import type { World } from './world.ts'

export interface ResolvedListener {
  readonly gateway: KubernetesGateway
  readonly owner: KubernetesGateway | ListenerSet
  readonly index: number
  readonly listener: Listener
  /** "namespace/name" of the gateway in the model. */
  readonly attachment: string
  readonly supportedKinds: readonly RouteKind[]
  readonly tls: ServerTls | undefined
  readonly unaccepted: Refusal | undefined
  readonly unresolved: Refusal | undefined
  conflict: Refusal | undefined
}

export interface ResolvedSet {
  readonly object: ListenerSet
  /** Why it adds nothing. */
  readonly refusal: Refusal | undefined
  readonly listeners: readonly ResolvedListener[]
}

export interface ResolvedGateway {
  readonly object: KubernetesGateway
  readonly controller: string
  /** Its own, then those of its sets. */
  readonly listeners: readonly ResolvedListener[]
  readonly sets: readonly ResolvedSet[]
  readonly addressing: Addressing
  /** Infrastructure that cannot be had. */
  readonly invalidParameters: Refusal | undefined
  /** What the Gateway shows to backends that want TLS: the name of a secret resource. */
  readonly clientCertificate: Resolution<string> | undefined
}

/** Whether anything listens for it. */
export function isProgrammed({ unaccepted, unresolved, conflict, tls, listener }: ResolvedListener): boolean {
  if (unaccepted || conflict) return false
  if (!unresolved || unresolved.reason === 'InvalidRouteKinds') return true
  // One bad certificate among good ones leaves the good ones.
  return listener.tls === undefined || (tls?.credentials.length ?? 0) > 0
}

export function resolveGateways(world: World): ResolvedGateway[] {
  return world.objects.KubernetesGateway.flatMap(object => {
    const controller = controllerOf(object.spec.gatewayClassName, world.objects.GatewayClass, world.settings.gatewayController)
    if (controller === undefined) return []
    const own = object.spec.listeners.map((_, index) => resolveListener(object, object, index, world))
    const sets = setsOf(object, world).map((set): ResolvedSet => {
      const permitted = admits(object.spec.allowedListeners?.namespaces, set.namespace, object.namespace, 'None', world)
      if (!permitted) return { object: set, refusal: notAllowed(set, object), listeners: [] }
      return {
        object: set,
        refusal: undefined,
        listeners: set.spec.listeners.map((_, i) => resolveListener(object, set, i, world)),
      }
    })
    const listeners = [...own, ...sets.flatMap(set => set.listeners)]
    markConflicts(listeners)
    const ports = [...new Set(listeners.map(({ listener }) => listener.port))]
    return [
      {
        object,
        controller,
        listeners,
        sets,
        addressing: addressing(object, ports, world),
        invalidParameters: parameters(object, world),
        clientCertificate: clientCertificate(object, world),
      },
    ]
  })
}

/** Oldest first, then by name. */
export function setsOf({ namespace, name }: KubernetesGateway, { objects }: World): ListenerSet[] {
  return [...objects.ListenerSet, ...objects.XListenerSet]
    .filter(({ spec: { parentRef }, namespace: own }) => {
      const { group = GATEWAY_GROUP, kind = 'Gateway' } = parentRef
      return (
        group === GATEWAY_GROUP && kind === 'Gateway' && parentRef.name === name && (parentRef.namespace ?? own) === namespace
      )
    })
    .sort(
      (a, b) =>
        (Date.parse(a.creationTimestamp ?? '') || 0) - (Date.parse(b.creationTimestamp ?? '') || 0) ||
        compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`),
    )
}

function notAllowed(set: ListenerSet, gateway: KubernetesGateway): Refusal {
  const message = `Gateway "${gateway.namespace}/${gateway.name}" takes no listeners from namespace "${set.namespace}" (spec.allowedListeners)`
  return { reason: 'NotAllowed', message }
}

function parameters({ spec, namespace }: KubernetesGateway, world: World): Refusal | undefined {
  const ref = spec.infrastructure?.parametersRef
  if (!ref || (ref.group === '' && ref.kind === 'ConfigMap' && world.configMap(namespace, ref.name))) return undefined
  const message = `infrastructure.parametersRef names ${ref.kind} "${ref.name}", which does not exist here: expected a ConfigMap`
  return { reason: 'InvalidParameters', message }
}

function clientCertificate(gateway: KubernetesGateway, world: World): Resolution<string> | undefined {
  const ref = gateway.spec.tls?.backend?.clientCertificateRef
  const found = ref && certificateRef(ref, gateway, world)
  if (!found || !('refusal' in found) || found.refusal.reason === 'RefNotPermitted') return found
  return { refusal: { ...found.refusal, reason: 'InvalidClientCertificateRef' } }
}

export function resolveListener(
  gateway: KubernetesGateway,
  owner: KubernetesGateway | ListenerSet,
  index: number,
  world: World,
): ResolvedListener {
  const listener = owner.spec.listeners[index]
  if (!listener) throw new Error(`Cannot resolve listener ${index} of "${owner.name}": expected fewer`)
  const { supportedKinds, unknownKinds } = kindsOf(listener)
  const { tls, refusal, withoutAuthority } = resolveTls(listener, owner, gateway, world)
  const unsupported = !PROTOCOLS.has(listener.protocol)
  return {
    gateway,
    owner,
    index,
    listener,
    attachment: `${owner.namespace}/${owner.name}~istio-autogenerated-k8s-gateway~${listener.name}`,
    supportedKinds,
    tls,
    unaccepted: unsupported
      ? {
          reason: 'UnsupportedProtocol',
          message: `protocol "${listener.protocol}" is not served: expected HTTP, HTTPS, TLS or TCP`,
        }
      : withoutAuthority
        ? { reason: 'NoValidCACertificate', message: 'no authority for client certificates can be used' }
        : undefined,
    unresolved: refusal ?? (unknownKinds ? { reason: 'InvalidRouteKinds', message: unknownKinds } : undefined),
    conflict: undefined,
  }
}

const PROTOCOLS: ReadonlySet<string> = new Set(['HTTP', 'HTTPS', 'TLS', 'TCP'])

function kindsOf({ protocol, tls, allowedRoutes }: Listener): { supportedKinds: RouteKind[]; unknownKinds: string | undefined } {
  const fitting = kindsOfProtocol(protocol, tls?.mode === 'Passthrough').map(kind => ({ group: GATEWAY_GROUP, kind }))
  const asked = allowedRoutes?.kinds ?? []
  if (asked.length === 0) return { supportedKinds: fitting, unknownKinds: undefined }
  const isAsked = (fit: RouteKind) => asked.some(({ group = GATEWAY_GROUP, kind }) => group === fit.group && kind === fit.kind)
  const supportedKinds = fitting.filter(isAsked)
  const wrong = asked.filter(({ group = GATEWAY_GROUP, kind }) => !fitting.some(fit => fit.group === group && fit.kind === kind))
  const expected = fitting.map(fit => fit.kind).join(' or ')
  const unknownKinds =
    wrong.length > 0
      ? `a listener of protocol ${protocol} takes no ${wrong.map(({ kind }) => kind).join(', ')}${expected && `: expected ${expected}`}`
      : undefined
  return { supportedKinds, unknownKinds }
}

function kindsOfProtocol(protocol: string, passthrough: boolean): string[] {
  switch (protocol) {
    case 'HTTP':
    case 'HTTPS':
      return ['HTTPRoute', 'GRPCRoute']
    case 'TLS':
      return passthrough ? ['TLSRoute'] : ['TLSRoute', 'TCPRoute']
    case 'TCP':
      return ['TCPRoute']
    default:
      return []
  }
}
