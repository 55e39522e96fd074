/** Settings of the whole mesh, as far as routing and the data plane need them (Istio's MeshConfig). */
import type { ExtAuthzProvider } from './ext-authz.ts'
import type { ExtensionProvider } from './extension-provider.ts'
import type { RetryPolicy } from './http-rule.ts'
import type { LabelSelector } from './label-selector.ts'
import type { ProxyLogging } from './log-target.ts'
import type { ProxyMetrics } from './metric-changes.ts'
import { type Networks, NO_NETWORKS } from './network.ts'
import type { ProxySettings } from './proxy-settings.ts'
import type { ScriptFilter } from './script-filter.ts'
import type { ConnectionPool, Keepalive, LocalityPolicy, OutlierDetection } from './traffic-policy.ts'
import type { EntryVisibilityRules } from './visibility.ts'

export interface MeshSettings {
  /** @default "cluster.local" */
  readonly domainSuffix: string
  /** Its policies are everybody's. @default "istio-system" */
  readonly rootNamespace: string
  readonly trustDomain: string
  /** Other names of the trust domain: certificates of these are accepted, and policies mean them too. */
  readonly trustDomainAliases: readonly string[]
  /** Mutual TLS between sidecars without a word in any DestinationRule. */
  readonly autoMtls: boolean
  readonly meshTls: MeshTls
  /** All other TLS: of gateways, and to what is outside of the mesh. */
  readonly tlsDefaults: TlsDefaults
  readonly extAuthzProviders: readonly ExtAuthzProvider[]
  readonly clusterId: string
  readonly networks: Networks
  readonly outboundPolicy: 'allow-any' | 'registry-only'
  /** Inbound connections go to where they were sent, or to the loopback address. */
  readonly inboundPolicy: 'passthrough' | 'localhost'
  /** undefined: the built-in one, see DEFAULT_RETRY. */
  readonly defaultRetry: RetryPolicy
  /** Of a sidecar to its own application. */
  readonly inboundRetry: RetryPolicy
  readonly connectTimeoutMs: number
  /** 0: wait for the client's first bytes for ever. */
  readonly protocolDetectionTimeoutMs: number
  readonly keepalive: Keepalive | undefined
  readonly upgradeToHttp2: boolean
  readonly locality: LocalityPolicy | undefined
  /** Of services whose traffic rules do not say. */
  readonly defaultPool: ConnectionPool | undefined
  readonly defaultOutliers: OutlierDetection | undefined
  readonly dnsRefreshMs: number
  readonly defaultServiceExportTo: readonly string[]
  readonly defaultRouteExportTo: readonly string[]
  readonly defaultPolicyExportTo: readonly string[]
  /** File for access logs, such as /dev/stdout; "": none. */
  readonly accessLogFile: string
  readonly accessLogFormat: string
  readonly accessLogJson: boolean
  /** What one proxy logs, and to whom, where a Telemetry or the default providers say; undefined: the mesh's file. */
  readonly logs?: ProxyLogging | undefined
  /** What is changed of one proxy's standard metrics; undefined: nothing. */
  readonly metrics?: ProxyMetrics | undefined
  /** The proxy is an Envoy: it is told how to count the standard metrics. mizzen's own does that by itself. */
  readonly toldMetrics?: boolean
  /** Filters of users' own that one proxy runs. */
  readonly scripts?: readonly ScriptFilter[] | undefined
  /** See MeshProxy.resumesUnchecked. */
  readonly resumesUnchecked?: boolean
  readonly pathNormalization: 'none' | 'base' | 'merge-slashes' | 'decode-and-merge-slashes'
  /** Patterns of clusters' names in statistics; "": the name of the cluster. */
  readonly statNames: { readonly inbound: string; readonly outbound: string }
  /** Namespaces that are looked at: those that one of these selects. Empty: all. */
  readonly namespaces: readonly LabelSelector[]
  /** The one controller of gateway classes that this control plane is, beside others that serve the rest. @default all that mizzen serves */
  readonly gatewayController?: string | undefined
  /** How far ServiceEntries may show themselves; undefined: as far as they say. */
  readonly entryVisibility: EntryVisibilityRules | undefined
  readonly ingress: IngressSettings
  /** Services outside that telemetry uses, by name. */
  readonly extensionProviders: ReadonlyMap<string, ExtensionProvider>
  /** Names of providers where nobody names one; undefined: nothing is said. */
  readonly defaultProviders: DefaultProviders | undefined
  /** What proxies are started with, unless something closer to them says otherwise. */
  readonly proxyDefaults: ProxySettings
  /** Trusted certificates of the machine, PEM, for TLS to the outside without an own authority. */
  readonly systemRoots: string
}

/** What TLS between workloads is held to (MeshConfig.meshMTLS). */
export interface MeshTls {
  /** @default "1.2" */
  readonly minVersion: '1.2' | '1.3'
  /** Empty: the data plane's own. */
  readonly curves: readonly string[]
}

/** What TLS is held to where nobody says otherwise (MeshConfig.tlsDefaults). Empty: the data plane's own. */
export interface TlsDefaults {
  readonly minVersion: '' | '1.2' | '1.3'
  readonly curves: readonly string[]
  /** Up to TLS 1.2. */
  readonly cipherSuites: readonly string[]
}

/** How Kubernetes Ingress objects are served. */
export interface IngressSettings {
  /** none: not at all. ours: those of our class. unclassed: those without a class too. */
  readonly mode: 'none' | 'ours' | 'unclassed'
  readonly className: string
  /** Name of the gateway Service; its address goes into the status. */
  readonly service: string
  /** Label "istio" of the gateway's pods. */
  readonly selector: string
}

export interface DefaultProviders {
  readonly tracing: readonly string[]
  readonly metrics: readonly string[]
  readonly accessLogging: readonly string[]
}

/** Istio's default: two retries when the request cannot have been processed. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 2,
  perTryTimeoutMs: undefined,
  on: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  statuses: [],
  remoteLocalities: false,
  avoidPreviousHosts: true,
  backoffMs: undefined,
}

/**
 * The application may close an idle connection just as a request goes out on it; the request was not seen then. Nor was it when the application takes
 * no connection: it is ending or starting, and the waiting lets callers hear of other endpoints before they try again.
 */
export const DEFAULT_INBOUND_RETRY: RetryPolicy = {
  ...DEFAULT_RETRY,
  on: ['reset-before-request', 'connect-failure'],
  avoidPreviousHosts: false,
  backoffMs: 50,
}

export const DEFAULT_SETTINGS: MeshSettings = {
  domainSuffix: 'cluster.local',
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  autoMtls: true,
  meshTls: { minVersion: '1.2', curves: [] },
  tlsDefaults: { minVersion: '', curves: [], cipherSuites: [] },
  extAuthzProviders: [],
  clusterId: 'Kubernetes',
  networks: NO_NETWORKS,
  outboundPolicy: 'allow-any',
  inboundPolicy: 'passthrough',
  defaultRetry: DEFAULT_RETRY,
  inboundRetry: DEFAULT_INBOUND_RETRY,
  connectTimeoutMs: 10_000,
  protocolDetectionTimeoutMs: 0,
  keepalive: undefined,
  upgradeToHttp2: false,
  locality: { enabled: true, distribute: [], failover: [], failoverPriority: [] },
  defaultPool: undefined,
  defaultOutliers: undefined,
  dnsRefreshMs: 60_000,
  defaultServiceExportTo: ['*'],
  defaultRouteExportTo: ['*'],
  defaultPolicyExportTo: ['*'],
  accessLogFile: '',
  accessLogFormat: '',
  accessLogJson: false,
  pathNormalization: 'base',
  statNames: { inbound: '', outbound: '' },
  namespaces: [],
  entryVisibility: undefined,
  ingress: { mode: 'ours', className: 'istio', service: 'istio-ingressgateway', selector: 'ingressgateway' },
  extensionProviders: new Map(),
  defaultProviders: undefined,
  proxyDefaults: {},
  systemRoots: '/etc/ssl/certs/ca-certificates.crt',
}
