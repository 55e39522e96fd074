/**
 * Objects in, mesh and diagnostics out: the entry to this folder. Pure, and cheap to call after every change: what is made of an object
 * that did not change is the same as before, and so is every list in which nothing changed.
 */

import type { ConfigMap, DestinationRule, Node, Pod, ProxyConfig, Secret, Telemetry, VirtualService } from '../api/registry.ts'
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { type Aged, compareAge } from '../model/age.ts'
import { inOrder } from '../model/envoy-patch.ts'
import type { Gateway } from '../model/gateway.ts'
import type { Certificate, Mesh } from '../model/mesh.ts'
import type { MetricsPolicy } from '../model/metric-changes.ts'
import type { RouteSet } from '../model/route-set.ts'
import { DEFAULT_SETTINGS, type MeshSettings } from '../model/settings.ts'
import type { SidecarConfig } from '../model/sidecar.ts'
import type { TrafficRule } from '../model/traffic-policy.ts'
import { type Workload, workloadKey } from '../model/workload.ts'
import { compileAuthorizationPolicy } from './authorization-policy.ts'
import { compileCertificate } from './certificate.ts'
import { checkCertificateHashes } from './certificate-hash.ts'
import { checkSecurity } from './check-security.ts'
import { checkHostConflicts } from './conflicts.ts'
import { compileDestinationRule } from './destination-rule.ts'
import { compareDiagnostics, type Diagnostic, diagnostic } from './diagnostic.ts'
import { checkEnvoyFilter, compileEnvoyFilter } from './envoy-filter.ts'
import { compileGateway } from './gateway.ts'
import { gatewayApi } from './gateway-api/compile.ts'
import type { ObjectStatus } from './gateway-api/conditions.ts'
import { ingresses } from './ingress/compile.ts'
import { ingressStatuses } from './ingress/status.ts'
import { knownServices } from './known-services.ts'
import { readMeshConfig } from './mesh-config.ts'
import { ownAccess } from './mizzen/access.ts'
import { checkOwnConflicts } from './mizzen/conflicts.ts'
import { ownParts } from './mizzen/own.ts'
import { checkOwnTargets } from './mizzen/targets.ts'
import type { RolloutShares } from './mizzen/weighted-destination-rule.ts'
import { objectsOfMesh } from './namespaces.ts'
import { readNetworks, withNetworks } from './networks.ts'
import { checkNotYet } from './not-yet.ts'
import type { Objects } from './objects.ts'
import { compilePeerAuthentication } from './peer-authentication.ts'
import { checkProxyAnnotations } from './proxy-annotation.ts'
import { compileProxyRule } from './proxy-config.ts'
import { checkReferences } from './references.ts'
import { compileRequestAuthentication } from './request-authentication.ts'
import { compileSidecar } from './sidecar.ts'
import { compileLoggingPolicy } from './telemetry/access-logging.ts'
import { checkLogging } from './telemetry/check-logging.ts'
import { checkMetrics } from './telemetry/check-metrics.ts'
import { checkTracing } from './telemetry/check-tracing.ts'
import { compileMetricsPolicy } from './telemetry/metrics.ts'
import { compileTracingPolicy } from './telemetry/tracing.ts'
import { compileVirtualService, delegateNames, isDelegate } from './virtual-service.ts'
import { compilePod } from './workload.ts'

export interface CompileOptions {
  /** What holds where the mesh configuration says nothing. Give the same object each time. @default DEFAULT_SETTINGS */
  readonly settings?: MeshSettings
  /** The ConfigMap of the root namespace in which Istio keeps its configuration. @default "istio" */
  readonly meshConfigMap?: string
  /** Where Services without a clusterIP get a virtual address from; "": they stay without. @default "10.96.0.0/12" */
  readonly serviceRange?: string
  /** Where the roll-outs of WeightedDestinationRules are. Give the same map until one has moved. @default none has begun */
  readonly shares?: RolloutShares
  /** URLs of issuers' keys, as discovery found them. Give the same map until one has changed. @default none is known */
  readonly keyLocations?: ReadonlyMap<string, string>
}

export interface Compiled {
  readonly mesh: Mesh
  /** Ordered by file and line. Found out when asked for: proxies need not wait for them. */
  readonly diagnostics: readonly Diagnostic[]
  /** Of Gateway API objects, for a controller to write into them. */
  readonly statuses: readonly ObjectStatus[]
}

const SERVICE_RANGE = '10.96.0.0/12'

/** @param previous what this returned for the state before; lists without changes are taken over from it */
export function compile(all: Objects, options: CompileOptions = {}, previous?: Compiled): Compiled {
  const { settings: given, problems } = settingsOf(all, options.settings ?? DEFAULT_SETTINGS, options.meshConfigMap ?? 'istio')
  const settings = withNetworks(given, all)
  const objects = objectsOfMesh(all, settings)
  const before = previous?.mesh
  const workloads = workloadsOf(objects.Pod, objects.Node)
  const own = ownParts(objects, settings, options.shares)
  const range = options.serviceRange ?? SERVICE_RANGE
  const { services, endpoints } = knownServices(objects, settings, workloads, range, own.services)
  const known = kept(before?.services, services)
  const edge = gatewayApi(objects, settings, known, workloads)
  const ingress = ingresses(objects, settings, known)
  const access = ownAccess(objects, services, settings)
  const mesh: Mesh = {
    settings,
    services: known,
    endpoints: keptMap(before?.endpoints, endpoints),
    workloads: keptMap(before?.workloads, new Map(workloads.map(workload => [workloadKey(workload), workload]))),
    routes: kept(before?.routes, [
      ...oldestFirst([...own.routes]), // they speak for a host before a VirtualService does
      ...oldestFirst([...routeSets(objects.VirtualService, settings), ...edge.routes, ...ingress.routes]),
    ]),
    trafficRules: kept(before?.trafficRules, [
      ...trafficRules(objects.DestinationRule, settings, edge.trafficRules),
      ...oldestFirst([...own.trafficRules]),
    ]),
    gateways: kept(
      before?.gateways,
      oldestFirst([
        ...objects.Gateway.map(object => gateways.get([object], () => compileGateway(object))),
        ...own.gateways,
        ...edge.gateways,
        ...ingress.gateways,
      ]),
    ),
    sidecars: kept(
      before?.sidecars,
      oldestFirst(objects.Sidecar.map(object => sidecars.get([object, settings], () => compileSidecar(object, settings)))),
    ),
    proxyRules: kept(before?.proxyRules, oldestFirst(objects.ProxyConfig.map(proxyRuleOf))),
    rateLimits: kept(before?.rateLimits, oldestFirst([...own.rateLimits])),
    alerts: kept(before?.alerts, oldestFirst([...own.alerts])),
    scriptFilters: kept(before?.scriptFilters, oldestFirst([...own.scriptFilters])),
    peerPolicies: kept(
      before?.peerPolicies,
      oldestFirst([...objects.PeerAuthentication.map(peerPolicyOf), ...access.peerPolicies]),
    ),
    tokenPolicies: kept(
      before?.tokenPolicies,
      oldestFirst([...objects.RequestAuthentication.map(tokenPolicyOf), ...access.tokenPolicies]),
    ),
    keyLocations: options.keyLocations,
    accessPolicies: kept(
      before?.accessPolicies,
      oldestFirst([...objects.AuthorizationPolicy.map(accessPolicyOf), ...access.accessPolicies]),
    ),
    loggingPolicies: kept(before?.loggingPolicies, oldestFirst(objects.Telemetry.map(loggingPolicyOf))),
    metricsPolicies: kept(
      before?.metricsPolicies,
      oldestFirst(objects.Telemetry.map(object => metricsPolicyOf(object, settings.extensionProviders))),
    ),
    tracingPolicies: kept(before?.tracingPolicies, oldestFirst(objects.Telemetry.map(tracingPolicyOf))),
    envoyFilters: kept(before?.envoyFilters, inOrder(objects.EnvoyFilter.map(envoyFilterOf), settings)),
    certificates: keptMap(before?.certificates, new Map([...certificatesOf(objects.Secret), ...edge.certificates])),
  }
  let diagnostics: readonly Diagnostic[] | undefined
  return {
    mesh,
    statuses: [...edge.statuses, ...ingressStatuses(objects, settings)],
    get diagnostics() {
      diagnostics ??= [
        ...problems,
        ...checkReferences(objects, mesh),
        ...checkHostConflicts(objects, mesh),
        ...checkNotYet(objects),
        ...checkSecurity(objects, mesh),
        ...objects.Gateway.flatMap(checkCertificateHashes),
        ...checkTracing(objects, mesh),
        ...checkLogging(objects, mesh),
        ...checkMetrics(objects, mesh),
        ...objects.EnvoyFilter.flatMap(checkEnvoyFilter),
        ...checkProxyAnnotations(objects.Pod),
        ...checkOwnConflicts(objects, mesh),
        ...checkOwnTargets(objects, mesh),
        ...access.problems,
        ...edge.diagnostics,
        ...ingress.diagnostics,
      ].sort(compareDiagnostics)
      return diagnostics
    },
  }
}

const proxyRuleOf = remembering((object: ProxyConfig) => compileProxyRule(object))
const knownWorkloads = new IdentityMemo<Workload>()
const workloadLists = new IdentityMemo<readonly Workload[]>()

function workloadsOf(pods: readonly Pod[], nodes: readonly Node[]): readonly Workload[] {
  return workloadLists.get([pods, nodes], () => {
    const byName = new Map(nodes.map(node => [node.name, node]))
    return pods.map(pod => {
      const node = byName.get(pod.spec.nodeName ?? '')
      return knownWorkloads.get(node ? [pod, node] : [pod], () => compilePod(pod, node))
    })
  })
}
const peerPolicyOf = remembering(compilePeerAuthentication)
const tokenPolicyOf = remembering(compileRequestAuthentication)
const accessPolicyOf = remembering(compileAuthorizationPolicy)
const loggingPolicyOf = remembering(compileLoggingPolicy)
const tracingPolicyOf = remembering(compileTracingPolicy)
const metricsPolicies = new IdentityMemo<MetricsPolicy>()
const metricsPolicyOf = (object: Telemetry, providers: MeshSettings['extensionProviders']) =>
  metricsPolicies.get([object, providers], () => compileMetricsPolicy(object, providers))
const envoyFilterOf = remembering(compileEnvoyFilter)
const certificateOf = remembering((secret: Secret) => compileCertificate(secret))
const sets = new IdentityMemo<RouteSet>()
const rules = new IdentityMemo<TrafficRule>()
const gateways = new IdentityMemo<Gateway>()
const sidecars = new IdentityMemo<SidecarConfig>()
const configs = new IdentityMemo<{ readonly settings: MeshSettings; readonly problems: readonly Diagnostic[] }>()

/** The ConfigMap where Istio keeps its configuration, over what was given. */
function settingsOf(objects: Objects, base: MeshSettings, name: string) {
  const config = objects.ConfigMap.find(object => object.name === name && object.namespace === base.rootNamespace)
  if (!config) return { settings: base, problems: [] }
  return configs.get([config, base], () => {
    const { data = {} } = config.spec
    const mesh = readMeshConfig(data['mesh'] ?? '', base)
    const told = [
      ...mesh.problems.map(message => configProblem(config, 'mesh', message)),
      ...unusedFields(config, 'mesh', mesh.unused),
    ]
    const text = data['meshNetworks']
    if (text === undefined) return { settings: mesh.settings, problems: told }
    const { networks, problems, unused } = readNetworks(text, mesh.settings.clusterId)
    return {
      settings: problems.length > 0 ? mesh.settings : { ...mesh.settings, networks },
      problems: [
        ...told,
        ...problems.map(message => configProblem(config, 'meshNetworks', message)),
        ...unusedFields(config, 'meshNetworks', unused),
      ],
    }
  })
}

function configProblem(config: ConfigMap, key: string, message: string): Diagnostic {
  return diagnostic(config, ['data', key], { code: 'mesh-config', level: 'error', message, effect: 'its default holds' })
}

function unusedFields(config: ConfigMap, key: string, sentences: readonly string[]): Diagnostic[] {
  return sentences.map(message => diagnostic(config, ['data', key], { code: 'not-yet', level: 'warning', message }))
}

function routeSets(objects: readonly VirtualService[], settings: MeshSettings): RouteSet[] {
  let byName: ReadonlyMap<string, VirtualService> | undefined
  return objects.flatMap(object => {
    if (isDelegate(object)) return []
    const names = delegateNames(object)
    if (names.length > 0) byName ??= new Map(objects.map(each => [`${each.namespace}/${each.name}`, each]))
    const delegates = names.map(name => {
      const delegate = name === undefined ? undefined : byName?.get(name)
      return delegate && isDelegate(delegate) && isShownTo(delegate, object.namespace) ? delegate : undefined
    })
    return [sets.get([object, settings, ...delegates], () => compileVirtualService(object, settings, delegates))]
  })
}

function trafficRules(
  objects: readonly DestinationRule[],
  settings: MeshSettings,
  others: readonly TrafficRule[],
): readonly TrafficRule[] {
  return ruleLists.get([objects, settings, ...others], () =>
    oldestFirst([
      ...objects.map(object => rules.get([object, settings], () => compileDestinationRule(object, settings))),
      ...others,
    ]),
  )
}

const ruleLists = new IdentityMemo<readonly TrafficRule[]>()

function isShownTo(delegate: VirtualService, namespace: string): boolean {
  const exportTo = delegate.spec.exportTo ?? []
  return (
    exportTo.length === 0 ||
    exportTo.some(value => value === '*' || value === namespace || (value === '.' && delegate.namespace === namespace))
  )
}

function certificatesOf(secrets: readonly Secret[]): Map<string, Certificate> {
  return new Map(
    secrets.flatMap(secret => {
      const certificate = certificateOf(secret)
      return certificate ? [[workloadKey(certificate), certificate] as const] : []
    }),
  )
}

function oldestFirst<T extends Aged>(list: T[]): T[] {
  return list.sort(compareAge)
}

/** The list of before, if the new one holds the same. */
function kept<T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] {
  return before && before.length === now.length && now.every((entry, i) => entry === before[i]) ? before : now
}

function keptMap<T>(before: ReadonlyMap<string, T> | undefined, now: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (!before || before.size !== now.size) return now
  for (const [key, value] of now) if (before.get(key) !== value) return now
  return before
}
