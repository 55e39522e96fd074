/** The mesh as a graph: services and what calls them, with the traffic of a window of time on the edges. Pure. */
import type { Forward } from '../../../model/http-rule.ts'
import type { Mesh } from '../../../model/mesh.ts'
import { peerModeOf, peerModes } from '../../../model/peer-policy.ts'
import { type Service, serviceKey } from '../../../model/service.ts'
import { trafficRuleFor } from '../../../model/traffic-rule-lookup.ts'
import type { Workload } from '../../../model/workload.ts'
import { quantile } from '../../observe/latency.ts'
import { type Counts, noCounts } from '../../observe/traffic-counts.ts'
import { sum, type TrafficHistory } from '../../observe/traffic-history.ts'
import { MeshIndex } from './mesh-index.ts'

export interface TopologyNode {
  /** "service shop/catalog.shop.svc.cluster.local", "workload shop/loadgen", "host PassthroughCluster". */
  readonly id: string
  readonly kind: 'service' | 'workload' | 'gateway' | 'external' | 'unknown'
  readonly namespace: string
  readonly name: string
  /** Of services: their full name. */
  readonly host: string
  readonly versions: readonly string[]
  readonly ready: number
  readonly pods: number
  /** Served by it, over all callers. */
  readonly traffic: Traffic
}

export interface Traffic {
  /** Requests a second; of TCP new connections a second. */
  readonly rate: number
  /** 0 to 1. */
  readonly errorShare: number
  readonly rejectedShare: number
  /** Milliseconds; null: not known. */
  readonly p50: number | null
  readonly p99: number | null
  readonly bytesPerSecond: number
}

export interface TopologyEdge {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly protocol: 'http' | 'grpc' | 'tcp'
  readonly traffic: Traffic
  /** null: nobody knows. */
  readonly mutualTls: boolean | null
  /** What goes to which version, as seen, and as the routes want it. */
  readonly versions: readonly VersionShare[]
}

export interface VersionShare {
  readonly version: string
  /** 0 to 1, of the requests seen; null: there were none. */
  readonly seen: number | null
  /** Of 100, as configured; null: no route says. */
  readonly weight: number | null
  readonly errorShare: number
}

export interface Topology {
  readonly nodes: readonly TopologyNode[]
  readonly edges: readonly TopologyEdge[]
  /** Seconds that the numbers cover. */
  readonly seconds: number
}

interface EdgeDraft {
  readonly from: string
  readonly to: string
  readonly workload: string
  readonly service: Service | undefined
  protocol: TopologyEdge['protocol']
  counts: Counts
  readonly versions: Map<string, Counts>
}

export function topology(mesh: Mesh, history: TrafficHistory, windowMs: number): Topology {
  const index = new MeshIndex(mesh)
  const { flows, spanMs } = history.window(windowMs)
  const nodes = new Map<string, TopologyNode>()
  for (const service of mesh.services) addNode(nodes, serviceNode(index, service))
  for (const [key, workloads] of index.workloads)
    if (index.servicesOf(key).length === 0) addNode(nodes, workloadNode(index, key, workloads))
  const edges = new Map<string, EdgeDraft>()
  for (const { from, to, counts } of flows) {
    const service = index.serviceByHost(to.host)
    const target = service ? serviceId(service) : `host ${to.host}`
    const source = nodeOfWorkload(index, from)
    if (source === target) continue
    if (!nodes.has(target)) addNode(nodes, unknownNode(to.host))
    if (!nodes.has(source)) addNode(nodes, { ...unknownNode(from), id: source })
    const id = `${source} > ${target}`
    const draft = edges.get(id) ?? {
      from: source,
      to: target,
      workload: from,
      service,
      protocol: to.protocol,
      counts: noCounts(),
      versions: new Map<string, Counts>(),
    }
    draft.counts = sum(draft.counts, counts)
    draft.protocol = to.protocol
    draft.versions.set(to.version, sum(draft.versions.get(to.version), counts))
    edges.set(id, draft)
  }
  const served = new Map<string, Counts>()
  for (const { to, counts } of edges.values()) served.set(to, sum(served.get(to), counts))
  const seconds = spanMs / 1000
  return {
    nodes: [...nodes.values()].map(node => ({ ...node, traffic: trafficOf(served.get(node.id) ?? noCounts(), seconds) })),
    edges: [...edges].map(([id, draft]) => edgeOf(id, draft, index, history, seconds)),
    seconds,
  }
}

export function trafficOf(counts: Counts, seconds: number): Traffic {
  const { requests, errors, rejected, connections, bytes, latency = [] } = counts
  const of = (part: number) => (requests > 0 ? part / requests : 0)
  const per = (total: number) => (seconds > 0 ? total / seconds : 0)
  return {
    rate: per(requests > 0 ? requests : connections),
    errorShare: of(errors),
    rejectedShare: of(rejected),
    p50: quantile(latency, 0.5) ?? null,
    p99: quantile(latency, 0.99) ?? null,
    bytesPerSecond: per(bytes),
  }
}

export function serviceId(service: Service): string {
  return `service ${serviceKey(service)}`
}

/** A workload behind exactly one service is drawn as that service. */
function nodeOfWorkload(index: MeshIndex, key: string): string {
  const [service, another] = index.servicesOf(key)
  return service && !another ? serviceId(service) : service ? serviceId(service) : `workload ${key}`
}

function addNode(nodes: Map<string, TopologyNode>, node: TopologyNode): void {
  nodes.set(node.id, node)
}

const NO_TRAFFIC = trafficOf(noCounts(), 0)

function serviceNode(index: MeshIndex, service: Service): TopologyNode {
  const behind = index.podsOf(service)
  return {
    id: serviceId(service),
    kind: service.external ? 'external' : behind.some(pod => index.isGateway(pod)) ? 'gateway' : 'service',
    namespace: service.namespace,
    name: service.external ? service.hostname : service.name,
    host: service.hostname,
    versions: versionsOf(behind),
    ready: behind.filter(pod => pod.ready).length,
    pods: behind.length,
    traffic: NO_TRAFFIC,
  }
}

function workloadNode(index: MeshIndex, key: string, pods: readonly Workload[]): TopologyNode {
  const [namespace = '', name = ''] = key.split('/')
  return {
    id: `workload ${key}`,
    kind: pods.some(pod => index.isGateway(pod)) ? 'gateway' : 'workload',
    namespace,
    name,
    host: '',
    versions: versionsOf(pods),
    ready: pods.filter(pod => pod.ready).length,
    pods: pods.length,
    traffic: NO_TRAFFIC,
  }
}

function unknownNode(name: string): TopologyNode {
  return {
    id: `host ${name}`,
    kind: 'unknown',
    namespace: '',
    name,
    host: name,
    versions: [],
    ready: 0,
    pods: 0,
    traffic: NO_TRAFFIC,
  }
}

export function versionsOf(pods: readonly Workload[]): string[] {
  return [...new Set(pods.map(versionOf).filter(version => version !== ''))].sort()
}

export function versionOf({ labels }: Pick<Workload, 'labels'>): string {
  return labels['app.kubernetes.io/version'] ?? labels['version'] ?? ''
}

function edgeOf(id: string, draft: EdgeDraft, index: MeshIndex, history: TrafficHistory, seconds: number): TopologyEdge {
  const { from, to, protocol, counts, workload, service } = draft
  const weights = service ? configuredWeights(index.mesh, service) : new Map<string, number>()
  const names = new Set([...draft.versions.keys(), ...weights.keys()].filter(name => name !== ''))
  const total = protocol === 'tcp' ? counts.connections : counts.requests
  const versions = [...names].sort().map((version): VersionShare => {
    const seen = draft.versions.get(version)
    const amount = seen ? (protocol === 'tcp' ? seen.connections : seen.requests) : 0
    return {
      version,
      seen: total > 0 ? amount / total : null,
      weight: weights.get(version) ?? null,
      errorShare: seen && seen.requests > 0 ? seen.errors / seen.requests : 0,
    }
  })
  return {
    id,
    from,
    to,
    protocol,
    traffic: trafficOf(counts, seconds),
    mutualTls: isMutual(workload, service, index, history),
    versions,
  }
}

/** Of the route that takes what no other does, in percent by version: the subset's label, or its name. */
export function configuredWeights(mesh: Mesh, service: Service): ReadonlyMap<string, number> {
  const set = mesh.routes.find(each => each.hosts.includes(service.hostname))
  const rule = set?.http.find(each => each.matches.length === 0 && each.action.kind === 'forward')
  const destinations = rule?.action.kind === 'forward' ? ownDestinations(rule.action, service) : []
  const total = destinations.reduce((sum, each) => sum + each.weight, 0)
  if (destinations.length < 2 || total === 0) return new Map()
  const subsets = trafficRuleFor(mesh, { namespace: service.namespace, labels: {} }, service)?.subsets ?? []
  const weights = new Map<string, number>()
  for (const { subset, weight } of destinations) {
    const version = subsets.find(each => each.name === subset)?.labels['version'] ?? subset
    weights.set(version, (weights.get(version) ?? 0) + (100 * weight) / total)
  }
  return weights
}

function ownDestinations({ destinations }: Forward, { hostname }: Service): Forward['destinations'] {
  return destinations.filter(({ host, subset }) => host === hostname && subset !== '')
}

/** As the other side saw it; else as it is configured. */
function isMutual(from: string, service: Service | undefined, index: MeshIndex, history: TrafficHistory): boolean | null {
  if (!service) return null
  const pods = index.podsOf(service)
  for (const key of new Set(pods.map(pod => `${pod.namespace}/${pod.workloadName}`))) {
    const plain = history.plaintext(from, key)
    if (plain !== undefined) return !plain
  }
  const [client] = index.workloads.get(from) ?? []
  const [server] = pods
  if (!client || !server) return service.external ? false : null
  const mode = trafficRuleFor(index.mesh, client, service)?.policy?.tls?.mode
  if (mode === 'disable' || mode === 'simple' || !client.identity || !server.identity) return false
  const modes = peerModes(index.mesh.peerPolicies, index.mesh.settings.rootNamespace, server)
  const port = service.ports[0]?.target
  return (typeof port === 'number' ? peerModeOf(modes, port) : modes.mode) !== 'disable'
}
