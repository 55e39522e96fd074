/** A proxy that asks for its configuration, and what it serves. */
import { remembering } from '../lib/identity-memo.ts'
import { hasLabels, type Labels, selects } from './labels.ts'
import type { Locality } from './locality.ts'
import type { Mesh } from './mesh.ts'
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
  const served: ServedPort[] = []
  for (const service of mesh.services) {
    for (const port of service.ports) {
      for (const target of targets(mesh, proxy, service, port)) served.push({ service, port, target })
    }
  }
  return served
}

function targets(mesh: Mesh, proxy: MeshProxy, service: Service, port: ServicePort): Iterable<number> {
  if (selectsProxy(service, proxy)) {
    const target = typeof port.target === 'number' ? port.target : proxy.namedPorts.get(port.target)
    return target === undefined ? [] : [target]
  }
  const mine = endpointsOf(mesh, proxy).get(serviceKey(service))
  return new Set(mine?.filter(entry => entry.servicePort === port.number).map(entry => entry.endpoint.port))
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

/** This proxy's endpoints by service: by its workload's name where that is known, else by address. */
function endpointsOf(mesh: Mesh, proxy: MeshProxy): ReadonlyMap<string, readonly IndexedEndpoint[]> {
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
