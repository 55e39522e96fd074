/** Fields of which the walk finds neither effect nor diagnostic, each with the reason why that is right, or where else it is proven. */
import type { DefinedKind } from '../../src/api/crd/names.ts'

const A_NAME = 'a name for people: nothing is made of it'
const REFUSED = 'validation refuses it, as in Istio'
const ONE_VALUE = 'only one value is sound here, and it must be there'
const WAYPOINT = 'sound with the context WAYPOINT only, which a diagnostic tells of'
const NETWORK = 'counts where a network has gateways: test/golden/cases/networks.in.yaml'
const ROLLOUT = 'acts in time: src/run/rollout.test.ts proves it'
const SUM = 'the shares must add up to 100, so that none can change alone: test/own-kinds.test.ts and the scenario table prove it'

export const UNPROVEN: { readonly [Id in DefinedKind]?: Readonly<Record<string, string>> } = {
  VirtualService: {
    'spec.http[].fault.delay.exponentialDelay': REFUSED,
    'spec.http[].fault.abort.http2Error': REFUSED,
  },
  Gateway: { 'spec.servers[].name': A_NAME },
  ServiceEntry: {
    'spec.ports[].name': A_NAME,
    'spec.endpoints[].network': NETWORK,
  },
  WorkloadEntry: { 'spec.network': NETWORK },
  Sidecar: {
    'spec.ingress[].port.name': A_NAME,
    'spec.ingress[].tls.caCrl': REFUSED,
    'spec.ingress[].tls.credentialName': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].serverCertificate': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].privateKey': REFUSED,
    'spec.ingress[].tls.tlsCertificates[].caCertificates': REFUSED,
    'spec.ingress[].tls.subjectAltNames': REFUSED,
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
  LoadBalancingRule: { 'spec.stickiness.sourceIP': ONE_VALUE },
  WeightedDestinationRule: {
    'spec.destinations[].weight': SUM,
    'spec.rollout.steps[].weight': ROLLOUT,
    'spec.rollout.steps[].pause': ROLLOUT,
    'spec.rollout.stopOn.errorRate': ROLLOUT,
    'spec.rollout.stopOn.minimumRequests': ROLLOUT,
    'spec.rollout.stopOn.rollBack': ROLLOUT,
  },
  HealthCheck: { 'spec.tcp': ONE_VALUE },
  AlertRule: { 'spec.notify[].log': ONE_VALUE },
}
