/** One service: its golden signals, who calls it and whom it calls, what rules its traffic, and its endpoints. Pure. */
import type { Mesh } from '../../../model/mesh.ts'
import { peerModeOf, peerModes } from '../../../model/peer-policy.ts'
import { type Endpoint, type Service, serviceKey } from '../../../model/service.ts'
import { workloadKey } from '../../../model/workload.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import type { MeshHealth } from '../../observe/mesh-health.ts'
import type { TrafficHistory } from '../../observe/traffic-history.ts'
import { MeshIndex } from './mesh-index.ts'
import { type Place, placeOf, type RuleInEffect, rulesInEffect } from './rules-in-effect.ts'
import { serviceId, type Topology, type TopologyEdge, type Traffic, topology, trafficOf, versionOf } from './topology.ts'

export interface ServiceDetail {
  readonly id: string
  readonly host: string
  readonly name: string
  readonly namespace: string
  readonly external: boolean
  readonly resolution: string
  readonly addresses: readonly string[]
  readonly ports: readonly { readonly number: number; readonly protocol: string; readonly target: string }[]
  readonly place: Place
  readonly traffic: Traffic
  readonly series: readonly SeriesPoint[]
  readonly callers: readonly TopologyEdge[]
  readonly calls: readonly TopologyEdge[]
  readonly rules: readonly RuleInEffect[]
  readonly endpoints: readonly EndpointView[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface SeriesPoint {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly traffic: Traffic
}

export interface EndpointView {
  readonly address: string
  /** "namespace/name"; "" */
  readonly workload: string
  readonly version: string
  readonly serviceAccount: string
  readonly locality: string
  readonly ready: boolean
  /** What its port takes. */
  readonly accepts: 'strict' | 'permissive' | 'disable' | 'no sidecar'
  /** What clients say of it; "" as long as nobody complains: "ejected by shop/storefront-0". */
  readonly health: string
}

/** @returns undefined: there is no such service */
export function serviceDetail(
  mesh: Mesh,
  history: TrafficHistory,
  host: string,
  windowMs: number,
  diagnostics: readonly Diagnostic[],
  health: MeshHealth,
): ServiceDetail | undefined {
  const index = new MeshIndex(mesh)
  const service = index.serviceByHost(host)
  if (!service) return undefined
  const id = serviceId(service)
  const graph: Topology = topology(mesh, history, windowMs)
  const rules = rulesInEffect(mesh, service, index.podsOf(service))
  const objects = new Set([service.origin.object, ...rules.map(({ place }) => place.object)])
  return {
    id,
    host: service.hostname,
    name: service.name,
    namespace: service.namespace,
    external: service.external,
    resolution: service.resolution,
    addresses: service.addresses,
    ports: service.ports.map(({ number, protocol, target }) => ({ number, protocol, target: String(target) })),
    place: placeOf(service.origin),
    traffic:
      graph.nodes.find(node => node.id === id)?.traffic ??
      trafficOf({ requests: 0, errors: 0, rejected: 0, connections: 0, bytes: 0, latency: undefined }, 0),
    series: history
      .series(SERIES_MS, ({ to }) => to.host === service.hostname)
      .map(({ at, spanMs, counts }) => ({ at, traffic: trafficOf(counts, spanMs / 1000) })),
    callers: graph.edges.filter(edge => edge.to === id),
    calls: graph.edges.filter(edge => edge.from === id),
    rules,
    endpoints: endpointsOf(index, service, troubles(health, service.hostname)),
    diagnostics: diagnostics.filter(({ resource }) => objects.has(resource)),
  }
}

const SERIES_MS = 15 * 60_000

/** By address: what its callers say of it. */
function troubles({ endpoints }: MeshHealth, host: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { host: about, address, trouble, callers } of endpoints) {
    if (about !== host || callers.length === 0) continue
    const says = trouble === 'ejected' ? 'ejected by' : 'fails health checks of'
    const text = `${says} ${callers.slice(0, SHOWN_CALLERS).join(', ')}${callers.length > SHOWN_CALLERS ? ` and ${callers.length - SHOWN_CALLERS} more` : ''}`
    found.set(address, [found.get(address), text].filter(Boolean).join('; '))
  }
  return found
}

const SHOWN_CALLERS = 3

function endpointsOf(index: MeshIndex, service: Service, health: ReadonlyMap<string, string>): EndpointView[] {
  const { mesh } = index
  const listed = [...(mesh.endpoints.get(serviceKey(service)) ?? [])].flatMap(([, endpoints]) => endpoints)
  const known = new Set(listed.map(({ workload }) => workload))
  const views = listed.map(endpoint => endpointView(mesh, endpoint, health))
  // Pods that are not ready are nobody's endpoints, and what one looks for when something is missing.
  const missing = index.podsOf(service).filter(pod => !pod.ready && !known.has(workloadKey(pod)))
  return [
    ...views,
    ...missing.map(
      (pod): EndpointView => ({
        address: pod.addresses[0] ?? '',
        workload: workloadKey(pod),
        version: versionOf(pod),
        serviceAccount: pod.serviceAccount,
        locality: localityText(pod.locality),
        ready: false,
        accepts: 'permissive',
        health: 'not ready: gets no traffic',
      }),
    ),
  ]
}

function endpointView(mesh: Mesh, endpoint: Endpoint, health: ReadonlyMap<string, string>): EndpointView {
  const pod = endpoint.workload === undefined ? undefined : mesh.workloads.get(endpoint.workload)
  const address = endpoint.port === 0 ? endpoint.address : `${endpoint.address}:${endpoint.port}`
  const modes = pod ? peerModes(mesh.peerPolicies, mesh.settings.rootNamespace, pod) : undefined
  return {
    address,
    workload: endpoint.workload ?? '',
    version: versionOf({ labels: endpoint.labels }),
    serviceAccount: endpoint.serviceAccount,
    locality: localityText(endpoint.locality),
    ready: pod?.ready ?? true,
    accepts: pod?.identity && modes ? peerModeOf(modes, endpoint.port) : 'no sidecar',
    health: health.get(address) ?? '',
  }
}

function localityText({ region, zone, subzone }: Endpoint['locality']): string {
  return [region, zone, subzone].filter(part => part !== '').join('/')
}
