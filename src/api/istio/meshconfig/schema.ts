/** MeshConfig: what holds for the whole mesh. It is no object of its own, but text in the ConfigMap `istio`, key `mesh`, or a file. */
import { type Static, Type } from 'typebox'
import { described, duration, exclusive, int32, mapOf, message } from '../../schema/message.ts'
import { ConnectionPoolSettings, OutlierDetection, TcpKeepalive } from '../destinationrule/connection-pool.ts'
import { LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting } from '../destinationrule/load-balancer.ts'
import { ClientTLSSettings } from '../destinationrule/schema.ts'
import { HTTPRetry } from '../virtualservice/schema.ts'
import { ExtensionProvider } from './extension-provider.ts'
import { ProxyConfig } from './proxy-config.ts'

const text = (description: string) => Type.String({ description })
const texts = (description: string) => Type.Array(Type.String(), { description })
const flag = (description: string, standard: boolean) => Type.Boolean({ description, default: standard })
const port = (description: string) => int32({ description })

/** Labels of namespaces, with matchLabels and matchExpressions, as everywhere in Kubernetes. */
const NamespaceSelector = message({
  matchLabels: mapOf(Type.String(), { description: 'labels that must be there' }),
  matchExpressions: Type.Array(
    message(
      { values: texts('values, for In and NotIn') },
      { key: text('name of the label'), operator: text('In, NotIn, Exists or DoesNotExist') },
    ),
    { description: 'conditions, all of which must hold' },
  ),
})
export type NamespaceSelector = Static<typeof NamespaceSelector>

const Visibilities = ['VISIBILITY_UNSPECIFIED', 'PUBLIC', 'NAMESPACE', 'NONE'] as const
const EntryVisibility = message({
  defaultVisibility: Type.Enum(Visibilities, { default: 'PUBLIC', description: 'where no policy matches' }),
  policies: Type.Array(
    message({
      visibility: Type.Enum(Visibilities, {
        description: 'PUBLIC: as exportTo says, NAMESPACE: its own namespace, NONE: nobody',
      }),
      matchingRules: Type.Array(
        message({ namespaceSelector: described('labels of the namespace that the ServiceEntry stands in', NamespaceSelector) }),
        { description: 'all of which must hold; none: every ServiceEntry' },
      ),
    }),
    { description: 'the first that matches decides' },
  ),
  applyToSidecars: Type.Boolean({ default: false, description: 'sidecars and gateways heed it; else only ambient mode does' }),
})
export type EntryVisibility = Static<typeof EntryVisibility>

const TlsVersions = ['TLS_AUTO', 'TLSV1_2', 'TLSV1_3'] as const
export const MeshTls = message({
  minProtocolVersion: Type.Enum(TlsVersions, { description: 'oldest version of TLS; TLS_AUTO is TLSV1_2' }),
  ecdhCurves: texts('curves for the key exchange, in order of preference'),
  cipherSuites: texts('cipher suites up to TLS 1.2, in order of preference'),
})
export type MeshTls = Static<typeof MeshTls>

const CertificateData = message(
  {
    pem: text('certificates in PEM'),
    spiffeBundleUrl: text('https address of a SPIFFE bundle'),
    certSigners: texts('signers that these certificates are for; none: all'),
    trustDomains: texts('trust domains that these certificates are for; none: all'),
  },
  {},
  exclusive(['pem', 'spiffeBundleUrl']),
)

const ConfigSource = message({
  address: text('xds://, k8s:// or fs:///path'),
  tlsSettings: described('how to reach it', ClientTLSSettings),
  subscribedResources: Type.Array(Type.Enum(['SERVICE_REGISTRY']), { description: 'what is asked of it' }),
})

const ServiceSettings = message({
  settings: message(
    { clusterLocal: Type.Boolean({ description: 'clients see endpoints of their own cluster only' }) },
    {},
    {
      description: 'what holds for the services',
    },
  ),
  hosts: texts('the services; a "*" may stand for the first labels'),
})

const ServiceScope = message({
  scope: Type.Enum(['LOCAL', 'GLOBAL'], { description: 'LOCAL: this cluster, GLOBAL: all clusters' }),
  namespacesSelector: described('namespaces of the services', NamespaceSelector),
  servicesSelector: described('labels of the services', NamespaceSelector),
})

const Trust = {
  trustDomain: Type.String({ default: 'cluster.local', description: 'beginning of all identities: spiffe://DOMAIN/ns/...' }),
  trustDomainAliases: texts('other trust domains that mean this mesh too'),
  caCertificates: Type.Array(CertificateData, { description: 'further root certificates for traffic between workloads' }),
  ca: message(
    {
      address: text('host:port of the authority'),
      tlsSettings: described('how to reach it', ClientTLSSettings),
      requestTimeout: duration({ description: 'time for one request', default: '10s' }),
      istiodSide: Type.Boolean({ description: 'the control plane asks, not the workloads' }),
    },
    {},
    { description: 'an external certificate authority' },
  ),
  enableAutoMtls: flag('mutual TLS wherever both sides can, without a DestinationRule', true),
  meshMTLS: described('mutual TLS between workloads', MeshTls),
  tlsDefaults: described('all other TLS: gateways, and services outside', MeshTls),
  verifyCertificateAtClient: Type.Boolean({ deprecated: true, description: 'without effect: certificates are always verified' }),
}

const exportTo = (what: string) =>
  Type.Array(Type.String(), { default: ['*'], description: `who sees a ${what} that does not say so itself` })

const Traffic = {
  connectTimeout: duration({ default: '10s', description: 'time to connect to an endpoint; at most 30s' }),
  protocolDetectionTimeout: duration({
    default: '0s',
    description: 'how long to wait for the first bytes of a client; 0s: for ever',
  }),
  tcpKeepalive: described('probes on idle connections to endpoints', TcpKeepalive),
  outboundTrafficPolicy: message(
    {
      mode: Type.Enum(['REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS'], {
        default: 'ALLOW_ANY',
        description: 'refused, or let through',
      }),
      tls: described('with ALLOW_ANY_DYNAMIC_DNS: how to connect', ClientTLSSettings),
    },
    {},
    { description: 'what happens to requests for hosts that the mesh does not know' },
  ),
  inboundTrafficPolicy: message(
    {
      mode: Type.Enum(['PASSTHROUGH', 'LOCALHOST'], {
        default: 'PASSTHROUGH',
        description: 'to its own address, or to localhost',
      }),
    },
    {},
    { description: 'where a sidecar passes requests on to its application' },
  ),
  defaultServiceExportTo: exportTo('Service or ServiceEntry'),
  defaultVirtualServiceExportTo: exportTo('VirtualService'),
  defaultDestinationRuleExportTo: exportTo('DestinationRule'),
  serviceEntryVisibility: described('how far ServiceEntries may show themselves, whatever their exportTo says', EntryVisibility),
  localityLbSetting: described('locality of endpoints, where a DestinationRule does not say', LocalityLoadBalancerSetting),
  zoneAwareLbSetting: described('balancing by zones, where a DestinationRule does not say', ZoneAwareLoadBalancerSetting),
  dnsRefreshRate: duration({ default: '60s', description: 'how often names of endpoints are looked up' }),
  h2UpgradePolicy: Type.Enum(['DO_NOT_UPGRADE', 'UPGRADE'], {
    default: 'DO_NOT_UPGRADE',
    description: 'whether HTTP/1.1 goes over HTTP/2',
  }),
  defaultHttpRetryPolicy: described('retries of routes that do not say', HTTPRetry),
  defaultInboundHttpRetryPolicy: described('retries of a sidecar to its own application', HTTPRetry),
  defaultTrafficPolicy: message(
    {
      connectionPool: described('limits of connections', ConnectionPoolSettings),
      outlierDetection: described('when an endpoint counts as failed', OutlierDetection),
    },
    {},
    { description: 'what holds for services without a DestinationRule of their own' },
  ),
  pathNormalization: message(
    {
      normalization: Type.Enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'], {
        default: 'DEFAULT',
        description: 'DEFAULT is BASE: RFC 3986 and "\\\\" for "/"',
      }),
    },
    {},
    { description: 'how paths are brought into one form before they are matched' },
  ),
  serviceSettings: Type.Array(ServiceSettings, { description: 'settings of single services' }),
  serviceScopeConfigs: Type.Array(ServiceScope, { description: 'which services other clusters see; ambient mode only' }),
  inboundClusterStatName: text('name in statistics of an inbound cluster, with %SERVICE% and the like'),
  outboundClusterStatName: text('name in statistics of an outbound cluster, with %SERVICE% and the like'),
}

const Proxies = {
  proxyListenPort: port('where sidecars take outbound traffic; default 15001'),
  proxyInboundListenPort: port('where sidecars take inbound traffic; default 15006'),
  proxyHttpPort: port('where sidecars listen as an HTTP proxy; default: nowhere'),
  hboneIdleTimeout: duration({ default: '3600s', description: 'time until an idle tunnel is closed; ambient mode only' }),
  defaultConfig: described('settings that proxies are started with', ProxyConfig),
  rootNamespace: Type.String({ default: 'istio-system', description: 'the namespace whose policies hold everywhere' }),
  configSources: Type.Array(ConfigSource, { description: 'where further configuration comes from' }),
  discoverySelectors: Type.Array(NamespaceSelector, { description: 'namespaces that are looked at, by their labels; none: all' }),
  ingressClass: Type.String({ default: 'istio', description: 'class of Ingress objects that are ours' }),
  ingressService: Type.String({
    default: 'istio-ingressgateway',
    description: 'the gateway Service that serves Ingress objects',
  }),
  ingressControllerMode: Type.Enum(['UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT'], {
    default: 'STRICT',
    description: 'Ingress objects: none, those without a class too, or those of our class',
  }),
  ingressSelector: Type.String({
    default: 'ingressgateway',
    description: 'label "istio" of the gateway pods that serve Ingress objects',
  }),
}

const Observation = {
  enableTracing: flag('trace requests as defaultConfig.tracing says', true),
  accessLogFile: text('file for access logs, such as /dev/stdout; empty: none'),
  accessLogFormat: text("format of access logs, in Envoy's operators; empty: the usual one"),
  accessLogEncoding: Type.Enum(['TEXT', 'JSON'], { default: 'TEXT', description: 'one line of text, or of JSON' }),
  enableEnvoyAccessLogService: flag('send access logs to defaultConfig.envoyAccessLogService', false),
  disableEnvoyListenerLog: flag('no log for connections that no filter chain takes', false),
  enablePrometheusMerge: flag("serve the application's metrics together with the proxy's", true),
  extensionProviders: Type.Array(ExtensionProvider, { description: 'services that telemetry and authorization use, by name' }),
  defaultProviders: message(
    { tracing: texts('for spans'), metrics: texts('for metrics'), accessLogging: texts('for access logs') },
    {},
    { description: 'names of providers where Telemetry objects name none' },
  ),
}

export const MeshConfig = message({ ...Traffic, ...Trust, ...Proxies, ...Observation })
export type MeshConfig = Static<typeof MeshConfig>
