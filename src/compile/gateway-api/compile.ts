/**
 * The Gateway API: gateways, routes, grants and policies into the model, and their statuses from the same resolution. The entry to this
 * folder.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Gateway } from '../../model/gateway.ts'
import type { Certificate } from '../../model/mesh.ts'
import type { RouteSet } from '../../model/route-set.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TrafficRule } from '../../model/traffic-policy.ts'
import type { Workload } from '../../model/workload.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { authorityCertificates } from './authorities.ts'
import { type BackendTls, resolveBackendTls } from './backend-tls.ts'
import { compileBytesRoute } from './bytes-route.ts'
import type { CompiledRoute } from './compiled-route.ts'
import type { ObjectStatus } from './conditions.ts'
import { isProgrammed, type ResolvedGateway, resolveGateways } from './gateways.ts'
import { compileHttpRoute } from './http-route.ts'
import { type Attached, settleKinds } from './kind-conflicts.ts'
import { modelGateways } from './model-gateways.ts'
import { gatewayNotYet, policyNotYet, routeNotYet } from './not-yet.ts'
import { bindingsOf, isMeshParent } from './parents.ts'
import { type BoundRoute, listenerSets, serviceSets } from './route-sets.ts'
import { allRoutes, type RouteObject } from './routes.ts'
import { classStatuses, gatewayStatuses, routeStatuses } from './status.ts'
import { unservedStatuses } from './unserved.ts'
import { World } from './world.ts'

export interface CompiledGatewayApi {
  readonly gateways: readonly Gateway[]
  readonly routes: readonly RouteSet[]
  readonly trafficRules: readonly TrafficRule[]
  /** Authorities in ConfigMaps, under the names that listeners ask for. */
  readonly certificates: ReadonlyMap<string, Certificate>
  readonly statuses: readonly ObjectStatus[]
  readonly diagnostics: readonly Diagnostic[]
}

const NOTHING: CompiledGatewayApi = {
  gateways: [],
  routes: [],
  trafficRules: [],
  certificates: new Map(),
  statuses: [],
  diagnostics: [],
}

/** All of it again when anything it may look at has changed; what it is made of is then mostly the same as before. */
export function gatewayApi(
  objects: Objects,
  settings: MeshSettings,
  services: readonly Service[],
  workloads: readonly Workload[],
): CompiledGatewayApi {
  const own = [
    objects.GatewayClass,
    objects.KubernetesGateway,
    objects.ListenerSet,
    objects.XListenerSet,
    objects.HTTPRoute,
    objects.GRPCRoute,
    objects.TLSRoute,
    objects.TCPRoute,
    objects.UDPRoute,
    objects.ReferenceGrant,
    objects.BackendTLSPolicy,
  ]
  if (own.every(list => list.length === 0)) return NOTHING
  const others = [
    objects.Service,
    objects.ServiceEntry,
    objects.Secret,
    objects.ConfigMap,
    objects.Namespace,
    objects.InferencePool,
  ]
  return compiled.get([...own, ...others, workloads, settings, services], () =>
    compileGatewayApi(objects, settings, services, workloads),
  )
}

const compiled = new IdentityMemo<CompiledGatewayApi>()

function compileGatewayApi(
  objects: Objects,
  settings: MeshSettings,
  services: readonly Service[],
  workloads: readonly Workload[],
): CompiledGatewayApi {
  const world = new World(objects, settings, services, workloads)
  const routes = allRoutes(world)
  const gateways = resolveGateways(world)
  const bound = compileBound(
    settleKinds(routes.flatMap(route => bindingsOf(route, gateways, world).map(binding => ({ route, binding })))),
    world,
  )
  const policies = resolveBackendTls(world, bound)
  return {
    gateways: modelGateways(gateways),
    routes: [...listenerSets(gateways, bound), ...serviceSets(bound)],
    trafficRules: policies.flatMap(policy => policy.rule ?? []),
    certificates: authorityCertificates(gateways, world),
    statuses: [
      ...classStatuses(world),
      ...gatewayStatuses(gateways, bound),
      ...unservedStatuses(world),
      ...routeStatuses(routes, bound),
      ...policies.map(policy => policy.status),
    ],
    diagnostics: diagnosticsOf(gateways, bound, policies),
  }
}

/** A route is compiled once for all its gateways, and once for the mesh. */
function compileBound(attached: readonly Attached[], world: World): BoundRoute[] {
  const edge = new Map<RouteObject, CompiledRoute>()
  const mesh = new Map<RouteObject, CompiledRoute>()
  return attached.map(({ route, binding }) => {
    const forMesh = isMeshParent(binding.parent)
    const done = forMesh ? mesh : edge
    const compiled = done.get(route) ?? compileRoute(route, forMesh, world)
    done.set(route, compiled)
    return { route, binding, compiled }
  })
}

const compiledRoutes = new IdentityMemo<CompiledRoute>()

/** A route whose references lead where they led before gives the same objects again, and so do the sets that are made of it. */
function compileRoute(route: RouteObject, forMesh: boolean, world: World): CompiledRoute {
  const made =
    route.kind === 'HTTPRoute' || route.kind === 'GRPCRoute'
      ? compileHttpRoute(route, forMesh, world)
      : compileBytesRoute(route, forMesh, world)
  const { http, bytes, unresolved, diagnostics } = made
  const led = [http.map(({ rule }) => rule.action), bytes, unresolved, diagnostics.map(entry => entry.message)]
  return compiledRoutes.get([route, forMesh, JSON.stringify(led)], () => made)
}

function diagnosticsOf(
  gateways: readonly ResolvedGateway[],
  bound: readonly BoundRoute[],
  policies: readonly BackendTls[],
): Diagnostic[] {
  const listeners = gateways.flatMap(gateway =>
    gateway.listeners.flatMap(listener => {
      const refusal = listener.unaccepted ?? listener.conflict ?? listener.unresolved
      if (!refusal) return []
      const problem = { code: refusal.reason, level: 'error', message: refusal.message } as const
      const effect = isProgrammed(listener) ? undefined : 'nothing listens for it'
      return [diagnostic(listener.owner, ['spec', 'listeners', listener.index], { ...problem, effect })]
    }),
  )
  const bindings = bound.flatMap(({ route, binding: { refusal, index } }) =>
    refusal
      ? [diagnostic(route, ['spec', 'parentRefs', index], { code: refusal.reason, level: 'error', message: refusal.message })]
      : [],
  )
  const compiled = new Set(bound.flatMap(entry => entry.compiled))
  const routes = new Set(bound.map(entry => entry.route))
  return [
    ...gateways.flatMap(({ object, addressing, clientCertificate }) => [
      ...gatewayNotYet(object),
      ...(clientCertificate && 'refusal' in clientCertificate
        ? [
            diagnostic(object, ['spec', 'tls', 'backend', 'clientCertificateRef'], {
              code: clientCertificate.refusal.reason,
              level: 'error',
              message: clientCertificate.refusal.message,
              effect: 'backends see no certificate of the gateway',
            }),
          ]
        : []),
      ...(addressing.unsupported
        ? [
            diagnostic(object, ['spec', 'addresses'], {
              code: 'UnsupportedAddress',
              level: 'error',
              message: addressing.unsupported.message,
            }),
          ]
        : []),
    ]),
    ...listeners,
    ...bindings,
    ...[...compiled].flatMap(entry => entry.diagnostics),
    ...[...routes].flatMap(routeNotYet),
    ...policies.flatMap(policy => [...policy.diagnostics, ...policyNotYet(policy.object)]),
  ]
}
