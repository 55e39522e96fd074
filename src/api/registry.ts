/**
 * Every kind that mizzen reads, under the id by which snapshots list it. A new kind is a directory with schema.ts and validate.ts and
 * an entry here; the id is the kind's name, unless two groups have one name.
 */
import { type TSchema, Type } from 'typebox'
import { BackendTlsPolicySpec } from './gateway/backendtlspolicy/schema.ts'
import { validateBackendTlsPolicy } from './gateway/backendtlspolicy/validate.ts'
import { GatewaySpec as KubernetesGatewaySpec } from './gateway/gateway/schema.ts'
import { validateKubernetesGateway } from './gateway/gateway/validate.ts'
import { GatewayClassSpec } from './gateway/gatewayclass/schema.ts'
import { GrpcRouteSpec } from './gateway/grpcroute/schema.ts'
import { validateGrpcRoute } from './gateway/grpcroute/validate.ts'
import { HttpRouteSpec } from './gateway/httproute/schema.ts'
import { validateHttpRoute } from './gateway/httproute/validate.ts'
import { InferencePoolSpec } from './gateway/inferencepool/schema.ts'
import { ListenerSetSpec } from './gateway/listenerset/schema.ts'
import { validateListenerSet } from './gateway/listenerset/validate.ts'
import { ReferenceGrantSpec } from './gateway/referencegrant/schema.ts'
import { TcpRouteSpec } from './gateway/tcproute/schema.ts'
import { validateTcpRoute } from './gateway/tcproute/validate.ts'
import { TlsRouteSpec } from './gateway/tlsroute/schema.ts'
import { validateTlsRoute } from './gateway/tlsroute/validate.ts'
import { UdpRouteSpec } from './gateway/udproute/schema.ts'
import { validateUdpRoute } from './gateway/udproute/validate.ts'
import { AuthorizationPolicySpec } from './istio/authorizationpolicy/schema.ts'
import { validateAuthorizationPolicy } from './istio/authorizationpolicy/validate.ts'
import { DestinationRuleSpec } from './istio/destinationrule/schema.ts'
import { validateDestinationRule } from './istio/destinationrule/validate.ts'
import { EnvoyFilterSpec } from './istio/envoyfilter/schema.ts'
import { validateEnvoyFilter } from './istio/envoyfilter/validate.ts'
import { GatewaySpec } from './istio/gateway/schema.ts'
import { validateGateway } from './istio/gateway/validate.ts'
import { PeerAuthenticationSpec } from './istio/peerauthentication/schema.ts'
import { validatePeerAuthentication } from './istio/peerauthentication/validate.ts'
import { ProxyConfigSpec } from './istio/proxyconfig/schema.ts'
import { validateProxyConfig } from './istio/proxyconfig/validate.ts'
import { RequestAuthenticationSpec } from './istio/requestauthentication/schema.ts'
import { validateRequestAuthentication } from './istio/requestauthentication/validate.ts'
import { ServiceEntrySpec, ServiceEntryStatus } from './istio/serviceentry/schema.ts'
import { validateServiceEntry } from './istio/serviceentry/validate.ts'
import { SidecarSpec } from './istio/sidecar/schema.ts'
import { validateSidecar } from './istio/sidecar/validate.ts'
import { TelemetrySpec } from './istio/telemetry/schema.ts'
import { validateTelemetry } from './istio/telemetry/validate.ts'
import { TrafficExtensionSpec } from './istio/trafficextension/schema.ts'
import { validateTrafficExtension } from './istio/trafficextension/validate.ts'
import { VirtualServiceSpec } from './istio/virtualservice/schema.ts'
import { validateVirtualService } from './istio/virtualservice/validate.ts'
import { WasmPluginSpec } from './istio/wasmplugin/schema.ts'
import { validateWasmPlugin } from './istio/wasmplugin/validate.ts'
import { WorkloadEntrySpec } from './istio/workloadentry/schema.ts'
import { validateWorkloadEntry } from './istio/workloadentry/validate.ts'
import { WorkloadGroupSpec } from './istio/workloadgroup/schema.ts'
import { validateWorkloadGroup } from './istio/workloadgroup/validate.ts'
import type { Kind, ObjectOfKind } from './kind.ts'
import { ConfigMapSpec } from './kubernetes/configmap/schema.ts'
import { validateConfigMap } from './kubernetes/configmap/validate.ts'
import { DeploymentSpec } from './kubernetes/deployment/schema.ts'
import { EndpointsSpec } from './kubernetes/endpoints/schema.ts'
import { EndpointSliceSpec } from './kubernetes/endpointslice/schema.ts'
import { IngressSpec } from './kubernetes/ingress/schema.ts'
import { validateIngress } from './kubernetes/ingress/validate.ts'
import { IngressClassSpec } from './kubernetes/ingressclass/schema.ts'
import { NamespaceSpec } from './kubernetes/namespace/schema.ts'
import { NodeSpec } from './kubernetes/node/schema.ts'
import { PodSpec, PodStatus } from './kubernetes/pod/schema.ts'
import { SecretSpec } from './kubernetes/secret/schema.ts'
import { ServiceSpec, ServiceStatus } from './kubernetes/service/schema.ts'
import { ServiceAccountSpec } from './kubernetes/serviceaccount/schema.ts'
import { OtherWorkloadSpec } from './kubernetes/unsupported/schema.ts'
import { AlertRuleSpec } from './mizzen/alertrule/schema.ts'
import { validateAlertRule } from './mizzen/alertrule/validate.ts'
import { CircuitBreakerSpec } from './mizzen/circuitbreaker/schema.ts'
import { validateCircuitBreaker } from './mizzen/circuitbreaker/validate.ts'
import { GRPCProxySpec } from './mizzen/grpcproxy/schema.ts'
import { validateGRPCProxy } from './mizzen/grpcproxy/validate.ts'
import { HealthCheckSpec } from './mizzen/healthcheck/schema.ts'
import { validateHealthCheck } from './mizzen/healthcheck/validate.ts'
import { HTTPProxySpec } from './mizzen/httpproxy/schema.ts'
import { validateHTTPProxy } from './mizzen/httpproxy/validate.ts'
import { LoadBalancingRuleSpec } from './mizzen/loadbalancingrule/schema.ts'
import { validateLoadBalancingRule } from './mizzen/loadbalancingrule/validate.ts'
import { RateLimitSpec } from './mizzen/ratelimit/schema.ts'
import { validateRateLimit } from './mizzen/ratelimit/validate.ts'
import { RetrySpec } from './mizzen/retry/schema.ts'
import { validateRetry } from './mizzen/retry/validate.ts'
import { TypeScriptFilterSpec } from './mizzen/typescriptfilter/schema.ts'
import { validateTypeScriptFilter } from './mizzen/typescriptfilter/validate.ts'
import { VirtualGatewaySpec } from './mizzen/virtualgateway/schema.ts'
import { validateVirtualGateway } from './mizzen/virtualgateway/validate.ts'
import { WeightedDestinationRuleSpec } from './mizzen/weighteddestinationrule/schema.ts'
import { validateWeightedDestinationRule } from './mizzen/weighteddestinationrule/validate.ts'

const anything = Type.Unknown()
const nothingMore = () => {}

function kubernetes<Name extends string, Group extends string, Spec extends TSchema, Status extends TSchema>(
  kind: Name,
  group: Group,
  spec: Spec,
  status: Status,
  rest: Partial<Pick<Kind, 'scope' | 'payload' | 'unused'>> = {},
): Kind<Name, Group, Spec, Status> {
  const usual = {
    versions: ['v1'],
    scope: 'namespaced',
    payload: 'spec',
    strict: false,
    validate: nothingMore,
    unused: undefined,
  } as const
  return { kind, group, spec, status, ...usual, ...rest }
}

/** @param versions all that are served, the one that is stored first */
function istio<Name extends string, Group extends string, Spec extends TSchema>(
  kind: Name,
  group: Group,
  versions: readonly string[],
  spec: Spec,
  validate: Kind<Name, Group, Spec, typeof anything>['validate'],
): Kind<Name, Group, Spec, typeof anything> {
  const usual = { scope: 'namespaced', payload: 'spec', strict: true, unused: undefined } as const
  return { kind, group, versions, spec, status: anything, validate, ...usual }
}

const networking = 'networking.istio.io'
const security = 'security.istio.io'
const extensions = 'extensions.istio.io'
const allVersions = ['v1', 'v1beta1', 'v1alpha3']
const newVersions = ['v1', 'v1beta1']

/** For kinds that are checked and do nothing yet. */
function withoutEffect<Name extends string, Group extends string, Spec extends TSchema>(
  kind: Kind<Name, Group, Spec, typeof anything>,
): Kind<Name, Group, Spec, typeof anything> {
  return { ...kind, unused: `a ${kind.kind} is checked, and has no effect in this version of mizzen` }
}

/** Kinds of the Gateway API. */
function gatewayApi<Name extends string, Spec extends TSchema>(
  kind: Name,
  versions: readonly string[],
  spec: Spec,
  validate: Kind<Name, 'gateway.networking.k8s.io', Spec>['validate'] = nothingMore,
): Kind<Name, 'gateway.networking.k8s.io', Spec> {
  const usual = { scope: 'namespaced', payload: 'spec', strict: true, status: anything, unused: undefined } as const
  return { kind, group: 'gateway.networking.k8s.io', versions, spec, validate, ...usual }
}

/** mizzen's own kinds: one page of YAML each. */
function own<Name extends string, Spec extends TSchema>(
  kind: Name,
  spec: Spec,
  validate: Kind<Name, 'mizzen.dev', Spec, typeof anything>['validate'],
): Kind<Name, 'mizzen.dev', Spec, typeof anything> {
  const usual = { versions: ['v1alpha1'], scope: 'namespaced', payload: 'spec', strict: true, unused: undefined } as const
  return { kind, group: 'mizzen.dev', spec, status: anything, validate, ...usual }
}

const notRun = (kind: string) => `mizzen up does not run a ${kind}; write a Deployment for what should run on this machine`

export const kinds = {
  Namespace: kubernetes('Namespace', '', NamespaceSpec, anything, { scope: 'cluster' }),
  Node: kubernetes('Node', '', NodeSpec, anything, { scope: 'cluster' }),
  Service: kubernetes('Service', '', ServiceSpec, ServiceStatus),
  Pod: kubernetes('Pod', '', PodSpec, PodStatus),
  ServiceAccount: kubernetes('ServiceAccount', '', ServiceAccountSpec, anything, { payload: 'root' }),
  Endpoints: kubernetes('Endpoints', '', EndpointsSpec, anything, { payload: 'root' }),
  EndpointSlice: kubernetes('EndpointSlice', 'discovery.k8s.io', EndpointSliceSpec, anything, { payload: 'root' }),
  ConfigMap: { ...kubernetes('ConfigMap', '', ConfigMapSpec, anything, { payload: 'root' }), validate: validateConfigMap },
  Secret: kubernetes('Secret', '', SecretSpec, anything, { payload: 'root' }),
  Deployment: kubernetes('Deployment', 'apps', DeploymentSpec, anything),
  StatefulSet: kubernetes('StatefulSet', 'apps', OtherWorkloadSpec, anything, { unused: notRun('StatefulSet') }),
  DaemonSet: kubernetes('DaemonSet', 'apps', OtherWorkloadSpec, anything, { unused: notRun('DaemonSet') }),
  Job: kubernetes('Job', 'batch', OtherWorkloadSpec, anything, { unused: notRun('Job') }),
  CronJob: kubernetes('CronJob', 'batch', OtherWorkloadSpec, anything, { unused: notRun('CronJob') }),
  VirtualService: istio('VirtualService', networking, allVersions, VirtualServiceSpec, validateVirtualService),
  DestinationRule: istio('DestinationRule', networking, allVersions, DestinationRuleSpec, validateDestinationRule),
  Gateway: istio('Gateway', networking, allVersions, GatewaySpec, validateGateway),
  ServiceEntry: {
    ...istio('ServiceEntry', networking, allVersions, ServiceEntrySpec, validateServiceEntry),
    status: ServiceEntryStatus,
  },
  WorkloadEntry: istio('WorkloadEntry', networking, allVersions, WorkloadEntrySpec, validateWorkloadEntry),
  WorkloadGroup: withoutEffect(istio('WorkloadGroup', networking, allVersions, WorkloadGroupSpec, validateWorkloadGroup)),
  Sidecar: istio('Sidecar', networking, allVersions, SidecarSpec, validateSidecar),
  EnvoyFilter: istio('EnvoyFilter', networking, ['v1alpha3'], EnvoyFilterSpec, validateEnvoyFilter),
  ProxyConfig: withoutEffect(istio('ProxyConfig', networking, ['v1beta1'], ProxyConfigSpec, validateProxyConfig)),
  PeerAuthentication: istio('PeerAuthentication', security, newVersions, PeerAuthenticationSpec, validatePeerAuthentication),
  RequestAuthentication: istio(
    'RequestAuthentication',
    security,
    newVersions,
    RequestAuthenticationSpec,
    validateRequestAuthentication,
  ),
  AuthorizationPolicy: istio('AuthorizationPolicy', security, newVersions, AuthorizationPolicySpec, validateAuthorizationPolicy),
  Telemetry: istio('Telemetry', 'telemetry.istio.io', ['v1', 'v1alpha1'], TelemetrySpec, validateTelemetry),
  WasmPlugin: withoutEffect(istio('WasmPlugin', extensions, ['v1alpha1'], WasmPluginSpec, validateWasmPlugin)),
  TrafficExtension: withoutEffect(
    istio('TrafficExtension', extensions, ['v1alpha1'], TrafficExtensionSpec, validateTrafficExtension),
  ),
  Ingress: { ...kubernetes('Ingress', 'networking.k8s.io', IngressSpec, anything), validate: validateIngress },
  IngressClass: kubernetes('IngressClass', 'networking.k8s.io', IngressClassSpec, anything, { scope: 'cluster' }),
  GatewayClass: { ...gatewayApi('GatewayClass', ['v1', 'v1beta1'], GatewayClassSpec), scope: 'cluster' as const },
  KubernetesGateway: gatewayApi('Gateway', ['v1', 'v1beta1'], KubernetesGatewaySpec, validateKubernetesGateway),
  ListenerSet: gatewayApi('ListenerSet', ['v1'], ListenerSetSpec, validateListenerSet),
  XListenerSet: {
    ...gatewayApi('XListenerSet', ['v1alpha1'], ListenerSetSpec, validateListenerSet),
    group: 'gateway.networking.x-k8s.io' as const,
  },
  HTTPRoute: gatewayApi('HTTPRoute', ['v1', 'v1beta1'], HttpRouteSpec, validateHttpRoute),
  GRPCRoute: gatewayApi('GRPCRoute', ['v1', 'v1alpha2'], GrpcRouteSpec, validateGrpcRoute),
  TLSRoute: gatewayApi('TLSRoute', ['v1', 'v1alpha3', 'v1alpha2'], TlsRouteSpec, validateTlsRoute),
  TCPRoute: gatewayApi('TCPRoute', ['v1', 'v1alpha2'], TcpRouteSpec, validateTcpRoute),
  UDPRoute: gatewayApi('UDPRoute', ['v1', 'v1alpha2'], UdpRouteSpec, validateUdpRoute),
  ReferenceGrant: gatewayApi('ReferenceGrant', ['v1', 'v1beta1', 'v1alpha2'], ReferenceGrantSpec),
  BackendTLSPolicy: gatewayApi('BackendTLSPolicy', ['v1', 'v1alpha3'], BackendTlsPolicySpec, validateBackendTlsPolicy),
  InferencePool: kubernetes('InferencePool', 'inference.networking.k8s.io', InferencePoolSpec, anything, {
    unused: 'mizzen does not choose endpoints for inference: requests that routes send to it get 500',
  }),
  RateLimit: own('RateLimit', RateLimitSpec, validateRateLimit),
  CircuitBreaker: own('CircuitBreaker', CircuitBreakerSpec, validateCircuitBreaker),
  Retry: own('Retry', RetrySpec, validateRetry),
  LoadBalancingRule: own('LoadBalancingRule', LoadBalancingRuleSpec, validateLoadBalancingRule),
  WeightedDestinationRule: own('WeightedDestinationRule', WeightedDestinationRuleSpec, validateWeightedDestinationRule),
  HealthCheck: own('HealthCheck', HealthCheckSpec, validateHealthCheck),
  VirtualGateway: own('VirtualGateway', VirtualGatewaySpec, validateVirtualGateway),
  HTTPProxy: own('HTTPProxy', HTTPProxySpec, validateHTTPProxy),
  GRPCProxy: own('GRPCProxy', GRPCProxySpec, validateGRPCProxy),
  AlertRule: own('AlertRule', AlertRuleSpec, validateAlertRule),
  TypeScriptFilter: own('TypeScriptFilter', TypeScriptFilterSpec, validateTypeScriptFilter),
}

export type KindId = keyof typeof kinds
export type ObjectOf<Id extends KindId> = ObjectOfKind<(typeof kinds)[Id]>
/** Narrow it by `kind` (and by `group` where two groups share a name). */
export type AnyObject = { [Id in KindId]: ObjectOf<Id> }[KindId]

export type Namespace = ObjectOf<'Namespace'>
export type Node = ObjectOf<'Node'>
export type Service = ObjectOf<'Service'>
export type Pod = ObjectOf<'Pod'>
export type ServiceAccount = ObjectOf<'ServiceAccount'>
export type Endpoints = ObjectOf<'Endpoints'>
export type EndpointSlice = ObjectOf<'EndpointSlice'>
export type ConfigMap = ObjectOf<'ConfigMap'>
export type Secret = ObjectOf<'Secret'>
export type Deployment = ObjectOf<'Deployment'>
export type VirtualService = ObjectOf<'VirtualService'>
export type DestinationRule = ObjectOf<'DestinationRule'>
export type Gateway = ObjectOf<'Gateway'>
export type ServiceEntry = ObjectOf<'ServiceEntry'>
export type WorkloadEntry = ObjectOf<'WorkloadEntry'>
export type Sidecar = ObjectOf<'Sidecar'>
export type PeerAuthentication = ObjectOf<'PeerAuthentication'>
export type RequestAuthentication = ObjectOf<'RequestAuthentication'>
export type AuthorizationPolicy = ObjectOf<'AuthorizationPolicy'>
export type Ingress = ObjectOf<'Ingress'>
export type IngressClass = ObjectOf<'IngressClass'>
export type GatewayClass = ObjectOf<'GatewayClass'>
/** The Gateway API's; `Gateway` is Istio's. */
export type KubernetesGateway = ObjectOf<'KubernetesGateway'>
export type ListenerSet = ObjectOf<'ListenerSet' | 'XListenerSet'>
export type HTTPRoute = ObjectOf<'HTTPRoute'>
export type GRPCRoute = ObjectOf<'GRPCRoute'>
export type TLSRoute = ObjectOf<'TLSRoute'>
export type TCPRoute = ObjectOf<'TCPRoute'>
export type UDPRoute = ObjectOf<'UDPRoute'>
export type ReferenceGrant = ObjectOf<'ReferenceGrant'>
export type BackendTLSPolicy = ObjectOf<'BackendTLSPolicy'>
export type WorkloadGroup = ObjectOf<'WorkloadGroup'>
export type EnvoyFilter = ObjectOf<'EnvoyFilter'>
export type ProxyConfig = ObjectOf<'ProxyConfig'>
export type Telemetry = ObjectOf<'Telemetry'>
export type WasmPlugin = ObjectOf<'WasmPlugin'>
export type TrafficExtension = ObjectOf<'TrafficExtension'>
export type RateLimit = ObjectOf<'RateLimit'>
export type CircuitBreaker = ObjectOf<'CircuitBreaker'>
export type Retry = ObjectOf<'Retry'>
export type LoadBalancingRule = ObjectOf<'LoadBalancingRule'>
export type WeightedDestinationRule = ObjectOf<'WeightedDestinationRule'>
export type HealthCheck = ObjectOf<'HealthCheck'>
export type VirtualGateway = ObjectOf<'VirtualGateway'>
export type HTTPProxy = ObjectOf<'HTTPProxy'>
export type GRPCProxy = ObjectOf<'GRPCProxy'>
export type AlertRule = ObjectOf<'AlertRule'>
export type TypeScriptFilter = ObjectOf<'TypeScriptFilter'>
