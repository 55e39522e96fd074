/** Traffic policies of DestinationRules, and the connection pools that Sidecars have too. In the API's integers 0 is unset. */
import type {
  ClientTLSSettings,
  ConnectionPoolSettings,
  ConsistentHash,
  LoadBalancerSettings,
  LocalityLoadBalancerSetting,
  OutlierDetection as OutlierSettings,
  TrafficPolicy as PolicySpec,
  PortTrafficPolicy,
} from '../api/istio/destinationrule/schema.ts'
import type {
  Balancer,
  ClientTls,
  ConnectionPool,
  HashKey,
  HashPolicy,
  Keepalive,
  LocalityPolicy,
  OutlierDetection,
  PolicyBlocks,
  TrafficPolicy,
  Warmup,
} from '../model/traffic-policy.ts'
import { milliseconds } from './duration.ts'

export function compilePolicy(spec: PolicySpec): TrafficPolicy {
  const { tunnel, proxyProtocol, retryBudget } = spec
  return {
    ...blocks(spec),
    ports: new Map((spec.portLevelSettings ?? []).map(entry => [entry.port?.number ?? 0, blocks(entry)])),
    tunnel: tunnel && {
      method: tunnel.protocol?.toUpperCase() === 'POST' ? 'POST' : 'CONNECT',
      host: tunnel.targetHost,
      port: tunnel.targetPort,
    },
    proxyProtocol: proxyProtocol && (proxyProtocol.version === 'V2' ? 2 : 1),
    retryBudget: retryBudget && { percent: retryBudget.percent ?? 20, minConcurrency: retryBudget.minRetryConcurrency ?? 3 },
  }
}

function blocks(spec: PolicySpec | PortTrafficPolicy): PolicyBlocks {
  return {
    balancer: spec.loadBalancer && compileBalancer(spec.loadBalancer),
    pool: spec.connectionPool && compilePool(spec.connectionPool),
    outliers: spec.outlierDetection && compileOutliers(spec.outlierDetection),
    tls: spec.tls && compileTls(spec.tls),
  }
}

const SIMPLE: Readonly<Record<string, Balancer['kind']>> = {
  RANDOM: 'random',
  PASSTHROUGH: 'passthrough',
  ROUND_ROBIN: 'round-robin',
}

function compileBalancer(spec: LoadBalancerSettings): Balancer {
  const hash = spec.consistentHash && compileHash(spec.consistentHash)
  return {
    kind: hash ? 'consistent-hash' : (SIMPLE[spec.simple ?? ''] ?? 'least-request'),
    hash,
    warmup: compileWarmup(spec),
    locality: spec.localityLbSetting && compileLocality(spec.localityLbSetting),
  }
}

function compileHash(spec: ConsistentHash): HashPolicy | undefined {
  const key = hashKey(spec)
  if (!key) return undefined
  const ring = spec.ringHash?.minimumRingSize || spec.minimumRingSize || undefined
  return {
    key,
    table: spec.maglev ? { kind: 'maglev', size: spec.maglev.tableSize || undefined } : { kind: 'ring', size: ring },
  }
}

function hashKey(spec: ConsistentHash): HashKey | undefined {
  if (spec.httpHeaderName) return { kind: 'header', name: spec.httpHeaderName }
  if (spec.httpQueryParameterName) return { kind: 'query', name: spec.httpQueryParameterName }
  if (spec.useSourceIp) return { kind: 'source-ip' }
  const { httpCookie: cookie } = spec
  if (!cookie) return undefined
  const attributes = (cookie.attributes ?? []).map(({ name, value }) => ({ name, value: value ?? '' }))
  return { kind: 'cookie', name: cookie.name, path: cookie.path ?? '', ttlMs: milliseconds(cookie.ttl), attributes }
}

function compileWarmup({ warmup, warmupDurationSecs }: LoadBalancerSettings): Warmup | undefined {
  const ms = milliseconds(warmup?.duration ?? warmupDurationSecs)
  if (!ms) return undefined
  return { ms, minimumPercent: warmup?.minimumPercent ?? 10, aggression: warmup?.aggression ?? 1 }
}

export function compileLocality(spec: LocalityLoadBalancerSetting): LocalityPolicy {
  return {
    enabled: spec.enabled ?? true,
    distribute: (spec.distribute ?? []).map(({ from, to }) => ({ from: from ?? '', to: new Map(Object.entries(to ?? {})) })),
    failover: (spec.failover ?? []).map(({ from, to }) => ({ from: from ?? '', to: to ?? '' })),
    failoverPriority: spec.failoverPriority ?? [],
  }
}

export function compilePool({ tcp, http }: ConnectionPoolSettings): ConnectionPool {
  const keepalive = http?.http2KeepAlive
  const intervalMs = milliseconds(keepalive?.interval)
  const timeoutMs = milliseconds(keepalive?.timeout)
  return {
    maxConnections: tcp?.maxConnections || undefined,
    connectTimeoutMs: milliseconds(tcp?.connectTimeout),
    keepalive: tcp?.tcpKeepalive && compileKeepalive(tcp.tcpKeepalive),
    maxConnectionDurationMs: milliseconds(tcp?.maxConnectionDuration),
    tcpIdleTimeoutMs: milliseconds(tcp?.idleTimeout),
    maxPendingRequests: http?.http1MaxPendingRequests || undefined,
    maxRequests: http?.http2MaxRequests || undefined,
    maxRequestsPerConnection: http?.maxRequestsPerConnection || undefined,
    maxRetries: http?.maxRetries || undefined,
    httpIdleTimeoutMs: milliseconds(http?.idleTimeout),
    http2: http?.h2UpgradePolicy === 'UPGRADE' ? 'upgrade' : http?.h2UpgradePolicy === 'DO_NOT_UPGRADE' ? 'never' : 'default',
    useClientProtocol: http?.useClientProtocol ?? false,
    maxConcurrentStreams: http?.maxConcurrentStreams || undefined,
    http2Keepalive: intervalMs !== undefined && timeoutMs !== undefined ? { intervalMs, timeoutMs } : undefined,
  }
}

type KeepaliveSpec = NonNullable<NonNullable<ConnectionPoolSettings['tcp']>['tcpKeepalive']>

export function compileKeepalive(spec: KeepaliveSpec): Keepalive {
  const seconds = (text: string | undefined) => {
    const ms = milliseconds(text)
    return ms === undefined ? undefined : Math.ceil(ms / 1000)
  }
  return { probes: spec.probes || undefined, timeSeconds: seconds(spec.time), intervalSeconds: seconds(spec.interval) }
}

export function compileOutliers(spec: OutlierSettings): OutlierDetection {
  return {
    consecutive5xx: spec.consecutive5xxErrors,
    consecutiveGateway: spec.consecutiveGatewayErrors ?? (spec.consecutiveErrors || undefined),
    consecutiveLocal: spec.consecutiveLocalOriginFailures,
    splitLocal: spec.splitExternalLocalOriginErrors ?? false,
    intervalMs: milliseconds(spec.interval),
    ejectionMs: milliseconds(spec.baseEjectionTime),
    maxEjectionPercent: spec.maxEjectionPercent || undefined,
    minHealthPercent: spec.minHealthPercent ?? 0,
  }
}

const TLS_MODES: Readonly<Record<string, ClientTls['mode']>> = { SIMPLE: 'simple', MUTUAL: 'mutual', ISTIO_MUTUAL: 'mesh' }

function compileTls(spec: ClientTLSSettings): ClientTls {
  return {
    mode: TLS_MODES[spec.mode ?? 'DISABLE'] ?? 'disable',
    certificate: spec.clientCertificate ?? '',
    key: spec.privateKey ?? '',
    ca: spec.caCertificates ?? '',
    crl: spec.caCrl ?? '',
    credentialName: spec.credentialName ?? '',
    subjectAltNames: spec.subjectAltNames ?? [],
    sni: spec.sni ?? '',
    skipVerify: spec.insecureSkipVerify ?? false,
  }
}
