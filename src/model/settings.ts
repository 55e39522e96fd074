/** Settings of the whole mesh, as far as routing and the data plane need them (Istio's MeshConfig). */
import type { ExtAuthzProvider } from './ext-authz.ts'
import type { RetryPolicy } from './http-rule.ts'
import type { Keepalive, LocalityPolicy } from './traffic-policy.ts'

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
  readonly extAuthzProviders: readonly ExtAuthzProvider[]
  readonly clusterId: string
  readonly outboundPolicy: 'allow-any' | 'registry-only'
  /** Inbound connections go to where they were sent, or to the loopback address. */
  readonly inboundPolicy: 'passthrough' | 'localhost'
  /** undefined: the built-in one, see DEFAULT_RETRY. */
  readonly defaultRetry: RetryPolicy
  readonly connectTimeoutMs: number
  /** 0: wait for the client's first bytes for ever. */
  readonly protocolDetectionTimeoutMs: number
  readonly keepalive: Keepalive | undefined
  readonly upgradeToHttp2: boolean
  readonly locality: LocalityPolicy | undefined
  readonly dnsRefreshMs: number
  readonly defaultServiceExportTo: readonly string[]
  readonly defaultRouteExportTo: readonly string[]
  readonly defaultPolicyExportTo: readonly string[]
  /** File for access logs, such as /dev/stdout; "": none. */
  readonly accessLogFile: string
  readonly accessLogFormat: string
  readonly accessLogJson: boolean
  readonly pathNormalization: 'none' | 'base' | 'merge-slashes' | 'decode-and-merge-slashes'
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

export const DEFAULT_SETTINGS: MeshSettings = {
  domainSuffix: 'cluster.local',
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  autoMtls: true,
  meshTls: { minVersion: '1.2', curves: [] },
  extAuthzProviders: [],
  clusterId: 'Kubernetes',
  outboundPolicy: 'allow-any',
  inboundPolicy: 'passthrough',
  defaultRetry: DEFAULT_RETRY,
  connectTimeoutMs: 10_000,
  protocolDetectionTimeoutMs: 0,
  keepalive: undefined,
  upgradeToHttp2: false,
  locality: { enabled: true, distribute: [], failover: [], failoverPriority: [] },
  dnsRefreshMs: 60_000,
  defaultServiceExportTo: ['*'],
  defaultRouteExportTo: ['*'],
  defaultPolicyExportTo: ['*'],
  accessLogFile: '',
  accessLogFormat: '',
  accessLogJson: false,
  pathNormalization: 'base',
  systemRoots: '/etc/ssl/certs/ca-certificates.crt',
}
