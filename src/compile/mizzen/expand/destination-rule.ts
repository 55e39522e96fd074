/** Traffic rules as DestinationRules. */
import type {
  Balancer,
  ClientTls,
  ConnectionPool,
  HashKey,
  MergedRule,
  OutlierDetection,
  PolicyBlocks,
  TrafficPolicy,
} from '../../../model/traffic-policy.ts'
import { durationText, type IstioObject, istio } from './object.ts'

/** undefined: it says nothing that a DestinationRule could. @param note hears what cannot be said */
export function destinationRule(rule: MergedRule, note: (what: string) => void): IstioObject | undefined {
  const trafficPolicy = rule.policy && policySpec(rule.policy, note)
  const subsets = rule.subsets.map(({ name, labels, policy }) => ({
    name,
    labels,
    trafficPolicy: policy && policySpec(policy, note),
  }))
  if (!trafficPolicy && subsets.length === 0) return undefined
  return istio('networking', 'DestinationRule', rule.name, rule.namespace, {
    host: rule.host,
    workloadSelector: rule.clients && { matchLabels: rule.clients },
    trafficPolicy,
    subsets: subsets.length > 0 ? subsets : undefined,
    exportTo: rule.clients ? undefined : exportTo(rule.exportTo),
  })
}

export function exportTo(visibility: readonly string[]): readonly string[] | undefined {
  return visibility.includes('*') ? undefined : visibility
}

function policySpec(policy: TrafficPolicy, note: (what: string) => void): object | undefined {
  const { retryBudget, ports } = policy
  const spec = {
    ...blocks(policy, note),
    portLevelSettings:
      ports.size > 0 ? [...ports].map(([number, own]) => ({ port: { number }, ...blocks(own, note) })) : undefined,
    retryBudget: retryBudget && { percent: retryBudget.percent, minRetryConcurrency: retryBudget.minConcurrency },
  }
  return Object.values(spec).some(value => value !== undefined) ? spec : undefined
}

function blocks({ balancer, pool, outliers, tls, health }: PolicyBlocks, note: (what: string) => void) {
  if (health) note('active health checks have no field in DestinationRule')
  return {
    loadBalancer: balancer && balancerSpec(balancer),
    connectionPool: pool && poolSpec(pool),
    outlierDetection: outliers && outlierSpec(outliers, note),
    tls: tls && tlsSpec(tls),
  }
}

const SIMPLE: Readonly<Record<Balancer['kind'], string | undefined>> = {
  'least-request': 'LEAST_REQUEST',
  'round-robin': 'ROUND_ROBIN',
  random: 'RANDOM',
  passthrough: 'PASSTHROUGH',
  'consistent-hash': undefined,
}

function balancerSpec({ kind, hash, warmup, locality }: Balancer): object {
  return {
    simple: SIMPLE[kind],
    consistentHash: hash && { ...hashSpec(hash.key), ...(hash.table.kind === 'maglev' ? { maglev: {} } : {}) },
    warmup: warmup && {
      duration: durationText(warmup.ms),
      minimumPercent: warmup.minimumPercent,
      aggression: warmup.aggression,
    },
    localityLbSetting: locality && {
      enabled: locality.enabled,
      distribute: listOf(locality.distribute.map(({ from, to }) => ({ from, to: Object.fromEntries(to) }))),
      failover: listOf(locality.failover),
      failoverPriority: listOf(locality.failoverPriority),
    },
  }
}

function listOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

function hashSpec(key: HashKey): object {
  switch (key.kind) {
    case 'header':
      return { httpHeaderName: key.name }
    case 'query':
      return { httpQueryParameterName: key.name }
    case 'source-ip':
      return { useSourceIp: true }
    case 'cookie':
      return { httpCookie: { name: key.name, path: key.path, ttl: durationText(key.ttlMs) } }
  }
}

/** The fields that mizzen's own kinds have. */
function poolSpec({ maxConnections, maxPendingRequests, maxRequests, maxRetries }: ConnectionPool): object {
  return {
    tcp: maxConnections === undefined ? undefined : { maxConnections },
    http:
      (maxPendingRequests ?? maxRequests ?? maxRetries)
        ? { http1MaxPendingRequests: maxPendingRequests, http2MaxRequests: maxRequests, maxRetries }
        : undefined,
  }
}

function outlierSpec(outliers: OutlierDetection, note: (what: string) => void): object {
  if (outliers.failureRate) note('a success rate has no field in DestinationRule')
  if (outliers.maxEjectionMs !== undefined) note('halfOpen.maxAfter has no field in DestinationRule')
  if (outliers.letInByHealthCheck !== undefined) note('halfOpen.byHealthCheck has no field in DestinationRule')
  return {
    consecutive5xxErrors: outliers.consecutive5xx,
    consecutiveGatewayErrors: outliers.consecutiveGateway,
    interval: durationText(outliers.intervalMs),
    baseEjectionTime: durationText(outliers.ejectionMs),
    maxEjectionPercent: outliers.maxEjectionPercent,
    minHealthPercent: outliers.minHealthPercent || undefined,
  }
}

function tlsSpec({ mode, sni }: ClientTls): object {
  return { mode: mode === 'simple' ? 'SIMPLE' : mode === 'mesh' ? 'ISTIO_MUTUAL' : mode.toUpperCase(), sni: sni || undefined }
}
