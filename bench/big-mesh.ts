/**
 * A mesh as large as the control plane is measured with: objects made in memory, as if read from files, in a hundred namespaces. Every service
 * has its endpoints in an EndpointSlice; one in five has a VirtualService, one in five a DestinationRule.
 */
import { originWithoutFile } from '../src/api/object.ts'
import { readObject } from '../src/api/read.ts'
import type { AnyObject } from '../src/api/registry.ts'

export interface Size {
  readonly services: number
  /** Of each service. */
  readonly endpoints: number
  readonly virtualServices: number
  readonly destinationRules: number
  readonly namespaces: number
}

const origin = originWithoutFile('bench')

export function bigMesh(size: Size): AnyObject[] {
  const objects: AnyObject[] = []
  for (let i = 0; i < size.namespaces; i++) objects.push(read('v1', 'Namespace', { name: `ns-${i}` }, {}))
  for (let i = 0; i < size.services; i++) objects.push(service(size, i), endpointSlice(size, i, 0))
  for (let i = 0; i < size.virtualServices; i++) objects.push(virtualService(size, i, 80))
  for (let i = 0; i < size.destinationRules; i++) objects.push(destinationRule(size, i))
  return objects
}

function namespaceOf(size: Size, i: number): string {
  return `ns-${i % size.namespaces}`
}

function service(size: Size, i: number): AnyObject {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  const clusterIP = `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
  const spec = { selector: { app: `service-${i}` }, ports, clusterIP }
  return read('v1', 'Service', { name: `service-${i}`, namespace: namespaceOf(size, i) }, { spec })
}

/** @param generation another one gives the first endpoint another address */
export function endpointSlice(size: Size, i: number, generation: number): AnyObject {
  const address = (n: number) => {
    const number = i * size.endpoints + n + (n === 0 ? generation * size.services * size.endpoints : 0)
    return `10.${128 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
  }
  const endpoints = Array.from({ length: size.endpoints }, (_, n) => ({ addresses: [address(n)], conditions: { ready: true } }))
  const labels = { 'kubernetes.io/service-name': `service-${i}` }
  const rest = { addressType: 'IPv4', ports: [{ name: 'http', port: 8080 }], endpoints }
  return read('discovery.k8s.io/v1', 'EndpointSlice', { name: `service-${i}-a`, namespace: namespaceOf(size, i), labels }, rest)
}

/** @param weight of the service itself, the rest goes to its neighbour in the namespace */
export function virtualService(size: Size, i: number, weight: number): AnyObject {
  const host = `service-${i}.${namespaceOf(size, i)}.svc.cluster.local`
  const other = (i + size.namespaces) % size.services
  const neighbour = `service-${other}.${namespaceOf(size, other)}.svc.cluster.local`
  const route = [
    { destination: { host }, weight },
    { destination: { host: neighbour }, weight: 100 - weight },
  ]
  const http = [{ match: [{ uri: { prefix: '/api' } }], route, timeout: '5s', retries: { attempts: 3 } }, { route }]
  const metadata = { name: `service-${i}`, namespace: namespaceOf(size, i) }
  return read('networking.istio.io/v1', 'VirtualService', metadata, { spec: { hosts: [host], http } })
}

function destinationRule(size: Size, i: number): AnyObject {
  const host = `service-${i}.${namespaceOf(size, i)}.svc.cluster.local`
  const trafficPolicy = {
    connectionPool: { http: { http1MaxPendingRequests: 100 } },
    outlierDetection: { consecutive5xxErrors: 5 },
  }
  const subsets = [{ name: 'v1', labels: { version: 'v1' } }]
  const metadata = { name: `service-${i}`, namespace: namespaceOf(size, i) }
  return read('networking.istio.io/v1', 'DestinationRule', metadata, { spec: { host, trafficPolicy, subsets } })
}

function read(apiVersion: string, kind: string, metadata: object, rest: object): AnyObject {
  const { object, findings } = readObject({ apiVersion, kind, metadata, ...rest }, origin)
  if (!object) throw new Error(`the benchmark's own ${kind} is wrong: ${findings[0]?.message}`)
  return object
}
