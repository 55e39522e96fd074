/** Fields of which the walk finds neither effect nor diagnostic, and why: gaps of mizzen, or worlds that lack what the field needs. */
import type { DefinedKind } from '../../src/api/crd/names.ts'

const A_NAME = 'a name for people: nothing is made of it'
const REFUSED = 'validation refuses it, as in Istio'
const ONE_VALUE = 'only one value is sound here, and it must be there'
const WORLD = 'the worlds lack a setting in which it counts'
const WAYPOINT = 'sound with the context WAYPOINT only, which a diagnostic tells of'
const ROLLOUT = 'acts in time: src/run/rollout.test.ts proves it'

export const UNPROVEN: { readonly [Id in DefinedKind]?: Readonly<Record<string, string>> } = {
  VirtualService: {
    'spec.http[].fault.delay.exponentialDelay': REFUSED,
    'spec.http[].fault.abort.http2Error': REFUSED,
  },
  DestinationRule: {
    'spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[].to': WORLD,
    'spec.trafficPolicy.connectionPool.http.maxConcurrentStreams': WORLD,
    'spec.trafficPolicy.connectionPool.http.http2KeepAlive.interval': WORLD,
    'spec.trafficPolicy.connectionPool.http.http2KeepAlive.timeout': WORLD,
    'spec.trafficPolicy.tunnel.protocol': WORLD,
  },
  Gateway: {
    'spec.servers[].port.protocol': WORLD,
    'spec.servers[].name': A_NAME,
  },
  ServiceEntry: {
    'spec.ports[].name': A_NAME,
    'spec.endpoints[].network':
      'counts where meshNetworks names gateways, and in failoverPriority: test/golden/cases/networks.in.yaml',
  },
  WorkloadEntry: { 'spec.network': 'as in a ServiceEntry' },
  Sidecar: {
    'spec.ingress[].port.name': A_NAME,
    'spec.ingress[].bind': WORLD,
    'spec.ingress[].tls.caCrl': REFUSED,
    'spec.ingress[].tls.credentialName': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].serverCertificate': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].privateKey': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].caCertificates': REFUSED,
    'spec.ingress[].tls.subjectAltNames': REFUSED,
    'spec.ingress[].connectionPool.http.maxConcurrentStreams': WORLD,
    'spec.ingress[].connectionPool.http.http2KeepAlive.interval': WORLD,
    'spec.ingress[].connectionPool.http.http2KeepAlive.timeout': WORLD,
  },
  EnvoyFilter: {
    'spec.targetRefs[].kind': ONE_VALUE,
    'spec.targetRefs[].group': ONE_VALUE,
    'spec.targetRefs[].namespace': REFUSED,
    'spec.configPatches[].match.waypoint.filter.name': WAYPOINT,
    'spec.configPatches[].match.waypoint.portNumber': WAYPOINT,
    'spec.configPatches[].match.waypoint.route.name': WAYPOINT,
  },
  RequestAuthentication: {
    'spec.targetRef.kind': ONE_VALUE,
    'spec.targetRef.group': ONE_VALUE,
    'spec.targetRef.namespace': REFUSED,
    'spec.targetRefs[].kind': ONE_VALUE,
  },
  AuthorizationPolicy: {
    'spec.targetRef.kind': ONE_VALUE,
    'spec.targetRef.group': ONE_VALUE,
    'spec.targetRef.namespace': REFUSED,
    'spec.targetRefs[].kind': ONE_VALUE,
  },
  Telemetry: {
    'spec.targetRef.kind': ONE_VALUE,
    'spec.targetRef.group': ONE_VALUE,
    'spec.targetRef.name': 'as in targetRefs, which the world has',
    'spec.targetRef.namespace': REFUSED,
    'spec.targetRefs[].kind': ONE_VALUE,
  },
  GRPCRoute: { 'spec.rules[].backendRefs[].filters[].type': ONE_VALUE },
  LoadBalancingRule: {
    'spec.stickiness.sourceIP': ONE_VALUE,
    'spec.locality.enabled': WORLD,
    'spec.locality.failover[].from': WORLD,
    'spec.locality.failover[].to': WORLD,
    'spec.locality.distribute[].to': WORLD,
  },
  WeightedDestinationRule: {
    'spec.destinations[].subset': WORLD,
    'spec.destinations[].weight': WORLD,
    'spec.rollout.steps[].weight': ROLLOUT,
    'spec.rollout.steps[].pause': ROLLOUT,
    'spec.rollout.stopOn.errorRate': ROLLOUT,
    'spec.rollout.stopOn.minimumRequests': ROLLOUT,
    'spec.rollout.stopOn.rollBack': ROLLOUT,
  },
  HealthCheck: { 'spec.tcp': ONE_VALUE },
  VirtualGateway: { 'spec.direction': WORLD, 'spec.routes[].to[].weight': WORLD, 'spec.routes[].redirect.status': WORLD },
  HTTPProxy: { 'spec.gateways': WORLD, 'spec.hosts': WORLD, 'spec.routes[].redirect.status': WORLD },
  GRPCProxy: { 'spec.gateways': WORLD, 'spec.hosts': WORLD, 'spec.routes[].to[].port': WORLD },
  AlertRule: { 'spec.notify[].log': ONE_VALUE },
}
