import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../../../api/object.ts'
import type { PodPlan } from '../plan/pod-plan.ts'
import { PortBook } from '../ports.ts'
import { entrance } from './entrance.ts'
import { LoopbackNetwork } from './loopback-network.ts'

const plan: PodPlan = {
  key: 'shop/cart-0',
  namespace: 'shop',
  name: 'cart-0',
  workload: { kind: 'Deployment', name: 'cart' },
  labels: {},
  annotations: {},
  serviceAccount: 'default',
  proxy: { type: 'sidecar', engine: 'mizzen' },
  initContainers: [],
  containers: [],
  ports: [8080],
  graceMs: 1000,
  origin: originWithoutFile('test'),
  fingerprint: '',
}
const network = () => new LoopbackNetwork(new PortBook('test', async () => true), entrance())

test('LoopbackNetwork.attach() gives the proxy and the application a port each, and tells the control plane', async () => {
  const pod = await network().attach(plan, ['cache.shop.svc.cluster.local:6400'])
  const { listen, app } = JSON.parse(pod.annotations['mizzen.dev/inbound'] ?? '')['8080']
  assert.notEqual(listen, app)
  assert.equal(pod.ports.get(8080), app)
  assert.deepEqual(pod.applicationTarget(8080), { host: '127.0.0.1', port: app })
  assert.equal(pod.annotations['mizzen.dev/http-proxy'], String(pod.httpProxy))
  const forward = pod.forward('cache.shop.svc.cluster.local:6400')
  assert.deepEqual(JSON.parse(pod.annotations['mizzen.dev/forwards'] ?? ''), { 'cache.shop.svc.cluster.local:6400': forward })
})

test('LoopbackNetwork.attach() gives a pod without a proxy one port for both, and nothing else', async () => {
  const pod = await network().attach({ ...plan, proxy: undefined }, ['cache.shop.svc.cluster.local:6400'])
  const { listen, app } = JSON.parse(pod.annotations['mizzen.dev/inbound'] ?? '')['8080']
  assert.equal(listen, app)
  assert.deepEqual([pod.httpProxy, pod.forward('cache.shop.svc.cluster.local:6400')], [undefined, undefined])
  assert.deepEqual(Object.keys(pod.annotations).toSorted(), ['mizzen.dev/capture', 'mizzen.dev/inbound'])
})

test('PodNetwork.update() adds a port for a new service and keeps those of the others', async () => {
  const pod = await network().attach(plan, ['a:1'])
  const before = pod.forward('a:1')
  assert.equal(await pod.update(plan, ['a:1']), false)
  assert.equal(await pod.update(plan, ['a:1', 'b:2']), true)
  assert.equal(pod.forward('a:1'), before)
  assert.ok(pod.forward('b:2'))
  assert.equal(await pod.update(plan, []), true)
  assert.equal(pod.annotations['mizzen.dev/forwards'], undefined)
})

test('LoopbackNetwork.attach() lets a gateway listen where people look for it, and a second one next to it', async () => {
  const both = network()
  const gateway: PodPlan = {
    ...plan,
    key: 'istio-system/in-0',
    proxy: { type: 'router', engine: 'envoy' },
    ports: [80, 443, 9000],
  }
  const first = await both.attach(gateway, ['a:1'])
  const entrances = [80, 443, 9000].map(port => first.entrance(port)?.port)
  assert.deepEqual(entrances, [8080, 8443, 9000])
  const second = await both.attach({ ...gateway, key: 'istio-system/out-0', ports: [80] }, [])
  assert.equal(second.entrance(80)?.port, 8081)
  assert.equal(await first.update({ ...gateway, ports: [80, 443, 9000, 9001] }, []), true)
  assert.equal(first.entrance(9001)?.port, 9001)
})
