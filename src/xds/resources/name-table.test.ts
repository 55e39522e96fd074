import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import { compile } from '../../compile/mesh.ts'
import { Store } from '../../source/store.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { NameTable } from '../gen/istio/networking/nds/v1/nds.ts'
import { LISTENER, NAME_TABLE } from '../wire/type-url.ts'
import { proxyOf } from './node.ts'
import { ResourceCache, resourcesFor } from './proxy.ts'

const OBJECTS = [
  service('cart', { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] }),
  service('store', { clusterIP: 'None', ports: [{ name: 'tcp', port: 6400 }] }),
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'store-x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'store' } },
    addressType: 'IPv4',
    ports: [{ name: 'tcp', port: 6400 }],
    endpoints: [
      { addresses: ['10.1.0.1'] },
      { addresses: ['10.1.0.2'] },
      { addresses: ['10.1.0.3'], conditions: { ready: false } },
    ],
  },
  entry('api', { hosts: ['api.example'], resolution: 'STATIC' }),
  entry('fixed', { hosts: ['fixed.example'], resolution: 'STATIC', addresses: ['192.0.2.1', '192.0.2.128/25'] }),
  entry('anywhere', { hosts: ['none.example'], resolution: 'NONE' }),
  entry('wild', { hosts: ['*.wild.example'], resolution: 'STATIC' }),
  entry('not', { hosts: ['not.example'], resolution: 'STATIC' }, { 'networking.istio.io/enable-autoallocate-ip': 'false' }),
]

function service(name: string, spec: object) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec }
}

function entry(name: string, spec: object, labels = {}) {
  const ports = [{ number: 9000, name: 'tcp', protocol: 'TCP' }]
  const metadata = { name, namespace: 'shop', labels }
  return { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata, spec: { ports, ...spec } }
}

function resources(dnsCapture: string) {
  const store = new Store()
  store.source().publish(OBJECTS.flatMap(object => readObject(object, originWithoutFile('test')).object ?? []))
  const { mesh } = compile(store.snapshot().objects)
  const id = 'sidecar~10.1.0.9~web-0.shop~shop.svc.cluster.local'
  const proxy = proxyOf(mesh, { id, metadata: { DNS_CAPTURE: dnsCapture } })
  assert.ok(proxy)
  return resourcesFor(mesh, proxy, new ResourceCache())
}

const namesOf = (dnsCapture: string) => {
  const tables = [...(resources(dnsCapture).get(NAME_TABLE)?.values() ?? [])].map(({ bytes }) => NameTable.decode(bytes).table)
  const all: Record<string, string[]> = {}
  for (const table of tables) for (const [host, { ips }] of Object.entries(table)) all[host] = ips
  return all
}

const addressesOf = (dnsCapture: string) =>
  [...(resources(dnsCapture).get(LISTENER)?.values() ?? [])].flatMap(({ bytes }) => {
    const address = Listener.decode(bytes).address?.address
    return address?.$case === 'socketAddress' ? [address.value.address] : []
  })

test('nameTable() has the addresses of services, of ready endpoints where there is none, and allocated ones', () => {
  const { 'api.example': allocated = [], ...rest } = namesOf('true')
  assert.deepEqual(rest, {
    'cart.shop.svc.cluster.local': ['10.96.0.7'],
    'store.shop.svc.cluster.local': ['10.1.0.1', '10.1.0.2'],
    'fixed.example': ['192.0.2.1'],
  })
  assert.match(allocated.join(), /^240\.240\.\d+\.\d+$/)
  assert.deepEqual(namesOf('true')['api.example'], allocated, 'the same in every replica')
})

test('resourcesFor() listens at an allocated address, for proxies that answer questions with it and no others', () => {
  const [address = ''] = namesOf('true')['api.example'] ?? []
  assert.ok(addressesOf('true').includes(address))
  assert.ok(!addressesOf('').includes(address))
  assert.deepEqual(namesOf(''), {})
})
