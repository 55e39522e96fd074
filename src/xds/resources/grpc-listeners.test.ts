import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mesh } from '../../model/mesh.ts'
import type { Service } from '../../model/service.ts'
import { DEFAULT_SETTINGS } from '../../model/settings.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { unpack } from '../wire/any.ts'
import { LISTENER } from '../wire/type-url.ts'
import { proxyOf } from './node.ts'
import { ResourceCache, resourcesFor } from './proxy.ts'

const pay: Service = {
  hostname: 'pay.shop.svc.cluster.local',
  namespace: 'shop',
  name: 'pay',
  ports: [{ name: 'grpc', number: 50051, protocol: 'GRPC', target: 50051 }],
  addresses: [],
  resolution: 'endpoints',
  headless: false,
  external: false,
  platform: true,
  selector: undefined,
  exportTo: ['*'],
  aliases: [],
  subjectAltNames: [],
  mapsGatewayPorts: true,
  trafficDistribution: undefined,
  created: '',
  origin: { object: 'Service shop/pay', path: '', file: 'pay.yaml', line: 1, rule: '' },
}
const mesh: Mesh = {
  settings: DEFAULT_SETTINGS,
  services: [pay],
  endpoints: new Map(),
  workloads: new Map(),
  routes: [],
  trafficRules: [],
  gateways: [],
  sidecars: [],
  proxyRules: [],
  rateLimits: [],
  alerts: [],
  peerPolicies: [],
  tokenPolicies: [],
  accessPolicies: [],
  tracingPolicies: [],
  loggingPolicies: [],
  envoyFilters: [],
  certificates: new Map(),
}

function listener(name: string, namespace = 'shop'): Listener | undefined {
  const proxy = proxyOf(mesh, {
    id: `sidecar~10.0.0.1~app-0.${namespace}~${namespace}.svc.cluster.local`,
    metadata: { GENERATOR: 'grpc' },
  })
  assert.ok(proxy)
  const resource = resourcesFor(mesh, proxy, new ResourceCache()).get(LISTENER)?.get(name)
  return resource && Listener.decode(resource.bytes)
}

function routesOf(found: Listener | undefined): string | undefined {
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
  const manager = unpack(type, HttpConnectionManager, found?.apiListener?.apiListener)
  return manager?.routeSpecifier?.$case === 'rds' ? manager.routeSpecifier.value.routeConfigName : undefined
}

test('GrpcListeners.get() knows a service by every name that a client of its namespace may use', () => {
  for (const name of ['pay', 'pay.shop', 'pay.shop.svc', 'pay.shop.svc.cluster.local']) {
    const found = listener(`${name}:50051`)
    assert.equal(found?.name, `${name}:50051`)
    assert.equal(routesOf(found), 'outbound|50051||pay.shop.svc.cluster.local')
  }
  assert.equal(routesOf(listener('pay')), 'outbound|50051||pay.shop.svc.cluster.local')
})

test('GrpcListeners.get() has nothing for unknown services, ports, and short names of other namespaces', () => {
  for (const name of ['nobody:50051', 'pay:1', 'xds.istio.io/grpc/lds/inbound/no-port'])
    assert.equal(listener(name), undefined, name)
  assert.equal(listener('pay:50051', 'other'), undefined)
})

test('GrpcListeners.get() gives a server a listener on the address it asks for', () => {
  const found = listener('xds.istio.io/grpc/lds/inbound/[::]:50051')
  const socket = found?.address?.address?.$case === 'socketAddress' ? found.address.address.value : undefined
  assert.deepEqual([socket?.address, socket?.portSpecifier?.value], ['::', 50051])
  assert.deepEqual(
    found?.filterChains.map(chain => chain.name),
    ['inbound-plaintext'],
  )
  assert.deepEqual(found?.listenerFilters, [])
})
