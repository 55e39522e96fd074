import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import type { Labels } from '../../../model/labels.ts'
import { builtIn } from '../../../model/origin.ts'
import { withGateways } from './gateways.ts'
import { podOf, type WorkloadPlan } from './pod-plan.ts'

const origin = builtIn('Gateway shop/shop')

function gateway(selector: Labels, ...ports: number[]): Gateway {
  const server = (port: number): GatewayServer => ({
    port,
    portName: `http-${port}`,
    protocol: 'HTTP',
    bind: '',
    hosts: [],
    tls: undefined,
    name: '',
    origin,
  })
  return { name: 'shop', namespace: 'shop', selector, servers: ports.map(server), created: '', origin }
}

const summary = ({ key, pod: { ports, proxy } }: WorkloadPlan) => [key, ports, proxy]

test('withGateways() plans the gateway that nothing in the manifests is', () => {
  const workloads = withGateways(
    [],
    [gateway({ istio: 'ingressgateway' }, 80), gateway({ istio: 'ingressgateway' }, 443, 80)],
    'envoy',
  )
  assert.deepEqual(workloads.map(summary), [
    ['Deployment istio-system/istio-ingressgateway', [80, 443], { type: 'router', engine: 'envoy' }],
  ])
  const [planned] = workloads
  assert.ok(planned)
  assert.equal(podOf(planned, 0).key, 'istio-system/istio-ingressgateway-0')
  assert.deepEqual(planned.pod.labels, { istio: 'ingressgateway' })
})

test('withGateways() plans one for each selector, and the default one for a Gateway that selects all', () => {
  const all = [gateway({ istio: 'egressgateway' }, 80), gateway({ app: 'Edge 1' }, 8080), gateway({}, 81)]
  assert.deepEqual(
    withGateways([], all, 'mizzen').map(({ pod }) => [pod.workload.name, pod.ports]),
    [
      ['istio-egressgateway', [80, 81]],
      ['edge-1', [81, 8080]],
      ['istio-ingressgateway', [81]],
    ],
  )
})

test('withGateways() uses a gateway of the manifests and gives it the ports of its Gateways', () => {
  const [planned] = withGateways([], [gateway({ istio: 'ingressgateway' })], 'mizzen')
  assert.ok(planned)
  const own: WorkloadPlan = {
    ...planned,
    key: 'Deployment shop/edge',
    pod: { ...planned.pod, labels: { istio: 'ingressgateway', app: 'edge' } },
  }
  const workloads = withGateways([own], [gateway({ istio: 'ingressgateway' }, 80), gateway({ app: 'other' }, 81)], 'mizzen')
  assert.deepEqual(
    workloads.map(({ key, pod }) => [key, pod.ports]),
    [
      ['Deployment shop/edge', [80]],
      ['Deployment istio-system/other', [81]],
    ],
  )
})

test('withGateways() plans a pod for each Gateway of the Gateway API, in its own namespace and with its label', () => {
  const edge = (namespace: string, port: number) => ({
    ...gateway({ 'gateway.networking.k8s.io/gateway-name': 'edge' }, port),
    namespace,
    proxyNamespace: namespace,
  })
  const workloads = withGateways([], [edge('shop', 80), edge('shop', 443), edge('bank', 80)], 'mizzen')
  assert.deepEqual(
    workloads.map(({ key, pod }) => [key, pod.ports]),
    [
      ['Deployment shop/edge-gateway', [80, 443]],
      ['Deployment bank/edge-gateway', [80]],
    ],
  )
})
