/**
 * The labels of Istio's standard metrics, in its order, and what they are for one request or connection.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { DecisionRecord } from '../decision-record.ts'
import { isSpiffe, type Peer, peerOfConnection, peerOfHost } from '../peer.ts'

/** What does not change from request to request between the same two peers. */
export interface Relation {
  readonly reporter: 'source' | 'destination'
  readonly source: Peer
  readonly destination: Peer
  readonly service: ServiceLabels
  /** connection_security_policy; only the server knows. */
  readonly security: 'unknown' | 'none' | 'mutual_tls'
}

export interface ServiceLabels {
  readonly host: string
  readonly name: string
  readonly namespace: string
}

const UNKNOWN = 'unknown'
const SPECIAL: ReadonlySet<string> = new Set(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])
const NO_SERVICE: ServiceLabels = { host: UNKNOWN, name: UNKNOWN, namespace: UNKNOWN }
const services = new WeakMap<Cluster, ServiceLabels>()

/** @param own who this proxy's workload is */
export function relationOf(record: DecisionRecord, own: Peer): Relation {
  const { connection, cluster, host } = record
  if (record.side === 'inbound') {
    const mutual = connection.peer !== undefined
    const principal = mutual ? connection.ownUriSans.find(isSpiffe) : undefined
    return {
      reporter: 'destination',
      source: peerOfConnection(connection),
      destination: principal === undefined ? own : { ...own, principal },
      service: cluster === undefined ? NO_SERVICE : serviceOf(cluster, own),
      security: mutual ? 'mutual_tls' : 'none',
    }
  }
  const destination = host === undefined ? {} : peerOfHost(host)
  const principal = host?.principals?.own
  return {
    reporter: 'source',
    source: principal === undefined ? own : { ...own, principal },
    destination,
    service: cluster === undefined ? hostService(record) : serviceOf(cluster, destination, record),
    security: UNKNOWN,
  }
}

/** It stands for no service, but for wherever clients want to go. */
export function isSpecial({ name }: Cluster): boolean {
  return SPECIAL.has(name)
}

/** "cart.shop.svc.cluster.local"; undefined: the cluster stands for no service that is known. */
export function serviceHost(cluster: Cluster): string | undefined {
  const { host } = readService(cluster.metadata['istio'])
  return host === UNKNOWN ? undefined : host
}

/** The service that a cluster stands for (`istio` metadata, as istiod writes it too). */
function serviceOf(cluster: Cluster, peer: Peer, record?: DecisionRecord): ServiceLabels {
  const before = services.get(cluster)
  if (before !== undefined) return before
  if (isSpecial(cluster)) {
    const special = { host: record?.request?.authority || UNKNOWN, name: cluster.name, namespace: UNKNOWN }
    return record === undefined ? { ...special, namespace: peer.namespace ?? UNKNOWN } : special
  }
  const found = readService(cluster.metadata['istio'])
  services.set(cluster, found)
  return found
}

function readService(istio: unknown): ServiceLabels {
  const list: unknown = typeof istio === 'object' && istio !== null && 'services' in istio ? istio.services : undefined
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  if (typeof first !== 'object' || first === null) return NO_SERVICE
  const { host, name, namespace } = { host: UNKNOWN, name: UNKNOWN, namespace: UNKNOWN, ...first }
  return { host: String(host), name: String(name), namespace: String(namespace) }
}

/** No route led anywhere: the host that was asked for has to do. */
function hostService({ request }: DecisionRecord): ServiceLabels {
  return request === undefined || request.authority === '' ? NO_SERVICE : { ...NO_SERVICE, host: request.authority }
}

/** Name and value by turns. @param protocol "http", "grpc" or "tcp" @param flags "-": none */
export function labelPairs(
  { reporter, source, destination, service, security }: Relation,
  protocol: string,
): Map<string, string> {
  return new Map([
    ['reporter', reporter],
    ['source_workload', source.workload ?? UNKNOWN],
    ['source_canonical_service', source.canonical_service ?? UNKNOWN],
    ['source_canonical_revision', source.canonical_revision ?? 'latest'],
    ['source_workload_namespace', source.namespace ?? UNKNOWN],
    ['source_principal', source.principal ?? UNKNOWN],
    ['source_app', source.app ?? UNKNOWN],
    ['source_version', source.version ?? UNKNOWN],
    ['source_cluster', source.cluster ?? UNKNOWN],
    ['destination_workload', destination.workload ?? UNKNOWN],
    ['destination_workload_namespace', destination.namespace ?? UNKNOWN],
    ['destination_principal', destination.principal ?? UNKNOWN],
    ['destination_app', destination.app ?? UNKNOWN],
    ['destination_version', destination.version ?? UNKNOWN],
    ['destination_service', service.host],
    ['destination_canonical_service', destination.canonical_service ?? UNKNOWN],
    ['destination_canonical_revision', destination.canonical_revision ?? 'latest'],
    ['destination_service_name', service.name],
    ['destination_service_namespace', destination.namespace ?? service.namespace],
    ['destination_cluster', destination.cluster ?? UNKNOWN],
    ['request_protocol', protocol],
    ['connection_security_policy', security],
  ])
}
