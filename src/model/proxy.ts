/** A proxy that asks for its configuration, and what it serves. */
import { remembering } from '../lib/identity-memo.ts'
import { hasLabels, type Labels, selects } from './labels.ts'
import type { Locality } from './locality.ts'
import type { Mesh } from './mesh.ts'
import type { ProxySettings } from './proxy-settings.ts'
import { type Endpoint, type Service, type ServiceEndpoints, type ServicePort, serviceKey } from './service.ts'
import { type Capture, workloadKey } from './workload.ts'

/** sidecar: beside one workload. gateway: at the edge. grpc: an application that speaks xDS itself and has no proxy. */
export interface MeshProxy {
  readonly kind: 'sidecar' | 'gateway' | 'grpc'
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  readonly addresses: readonly string[]
  readonly locality: Locality
  readonly network: string
  readonly node: string
  readonly serviceAccount: string
  readonly namedPorts: ReadonlyMap<string, number>
  readonly capture: Capture
  /** What it is told of itself; undefined: the mesh's defaults. */
  readonly proxySettings?: ProxySettings
  /** Has a certificate for its service account, or can get one: without, mutual TLS would keep its listeners waiting for ever. */
  readonly identity: boolean
  /** Whether it takes the virtual hosts of outbound route tables one by one: then a changed rule sends one of them, not the table. @default false */
  readonly virtualHostsApart?: boolean
  /** Whether it wants to know where the rules stand that it enforces. @default false */
  readonly denialNotes?: boolean
  /** It counts Istio's standard metrics only if it is told how: a plain Envoy. @default false */
  readonly toldMetrics?: boolean
  /** It does not look at a client's certificate again when a session is resumed: a plain Envoy. @default false */
  readonly resumesUnchecked?: boolean
  /** What it tells of itself, as far as it is text; EnvoyFilters may ask for it. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** A service port that a proxy stands before. */
export interface ServedPort {
  readonly service: Service
  readonly port: ServicePort
  /** Port of the workload. */
  readonly target: number
}

/** All service ports that lead to this proxy, of the oldest service first. */
export function servedPorts(mesh: Mesh, proxy: MeshProxy): ServedPort[] {
  const mine = endpointsOf(mesh, proxy)
  const served: ServedPort[] = []
  for (const service of candidates(mesh, proxy, mine.keys())) {
    for (const port of service.ports) {
      for (const target of targets(proxy, service, port, mine)) served.push({ service, port, target })
    }
  }
  return served
}

/** The services that may lead to the proxy: those with one of its labels in their selector, and those it is an endpoint of. */
function candidates(mesh: Mesh, proxy: MeshProxy, endpointOf: Iterable<string>): readonly Service[] {
  const index = serviceIndex(mesh.services)
  const found = new Set<Service>(index.bySelector.get(selectorKey(proxy.namespace, '', '')))
  for (const [key, value] of Object.entries(proxy.labels)) {
    for (const service of index.bySelector.get(selectorKey(proxy.namespace, key, value)) ?? []) found.add(service)
  }
  for (const key of endpointOf) for (const service of index.byKey.get(key) ?? []) found.add(service)
  return [...found].sort((a, b) => (index.age.get(a) ?? 0) - (index.age.get(b) ?? 0))
}

/** Services by the first label of their selector (none: the empty label), by serviceKey(), and their place in the list. */
const serviceIndex = remembering((services: readonly Service[]) => {
  const bySelector = new Map<string, Service[]>()
  for (const service of services) {
    if (!service.selector) continue
    const [key = '', value = ''] = Object.entries(service.selector)[0] ?? []
    entry(bySelector, selectorKey(service.namespace, key, value), (): Service[] => []).push(service)
  }
  return { bySelector, byKey: Map.groupBy(services, serviceKey), age: new Map(services.map((service, i) => [service, i])) }
})

function selectorKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`
}

function targets(proxy: MeshProxy, service: Service, port: ServicePort, mine: OwnEndpoints): Iterable<number> {
  if (selectsProxy(service, proxy)) {
    const target = typeof port.target === 'number' ? port.target : proxy.namedPorts.get(port.target)
    return target === undefined ? [] : [target]
  }
  const endpoints = mine.get(serviceKey(service))
  return new Set(endpoints?.filter(entry => entry.servicePort === port.number).map(entry => entry.endpoint.port))
}

/** Also while the workload is not ready, when it is nobody's endpoint. */
function selectsProxy({ selector, namespace, platform }: Service, proxy: MeshProxy): boolean {
  if (!selector || namespace !== proxy.namespace) return false
  return platform ? selects(selector, proxy.labels) : hasLabels(proxy.labels, selector)
}

interface IndexedEndpoint {
  readonly servicePort: number
  readonly endpoint: Endpoint
}

type OwnEndpoints = ReadonlyMap<string, readonly IndexedEndpoint[]>

/** This proxy's endpoints by service: by its workload's name where that is known, else by address. */
function endpointsOf(mesh: Mesh, proxy: MeshProxy): OwnEndpoints {
  const index = endpointIndex(mesh.endpoints)
  const byWorkload = index.byWorkload.get(workloadKey(proxy))
  // One machine's loopback address says nothing about which workload is meant.
  if (byWorkload || proxy.capture.kind === 'ports') return byWorkload ?? new Map()
  for (const address of proxy.addresses) {
    const found = index.byAddress.get(address)
    if (found) return found
  }
  return new Map()
}

const endpointIndex = remembering((endpoints: ReadonlyMap<string, ServiceEndpoints>) => {
  const byWorkload = new Map<string, Map<string, IndexedEndpoint[]>>()
  const byAddress = new Map<string, Map<string, IndexedEndpoint[]>>()
  for (const [service, ports] of endpoints) {
    for (const [servicePort, list] of ports) {
      for (const endpoint of list) {
        if (endpoint.workload)
          entry(entry(byWorkload, endpoint.workload, newMap), service, newList).push({ servicePort, endpoint })
        else entry(entry(byAddress, endpoint.address, newMap), service, newList).push({ servicePort, endpoint })
      }
    }
  }
  return { byWorkload, byAddress }
})

const newMap = () => new Map<string, IndexedEndpoint[]>()
const newList = (): IndexedEndpoint[] => []

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** The port a gateway listens on for a port in its configuration, which is a port of the service before it. */
export function gatewayListenPort(mesh: Mesh, proxy: MeshProxy, port: number): number {
  if (proxy.capture.kind === 'ports') return proxy.capture.inbound.get(port)?.listen ?? port
  const served = servedPorts(mesh, proxy).find(entry => entry.service.mapsGatewayPorts && entry.port.number === port)
  return served?.target ?? port
}
