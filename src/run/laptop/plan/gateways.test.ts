import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../../../api/object.ts'
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import type { Labels } from '../../../model/labels.ts'
import { builtIn } from '../../../model/origin.ts'
import { withGateways } from './gateways.ts'
import type { PodPlan } from './pod-plan.ts'

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

test('withGateways() plans the gateway that nothing in the manifests is', () => {
  const pods = withGateways(
    [],
    [gateway({ istio: 'ingressgateway' }, 80), gateway({ istio: 'ingressgateway' }, 443, 80)],
    'envoy',
  )
  assert.deepEqual(
    pods.map(({ key, labels, ports, proxy }) => ({ key, labels, ports, proxy })),
    [
      {
        key: 'istio-system/istio-ingressgateway-0',
        labels: { istio: 'ingressgateway' },
        ports: [80, 443],
        proxy: { type: 'router', engine: 'envoy' },
      },
    ],
  )
})

test('withGateways() plans one for each selector, and the default one for a Gateway that selects all', () => {
  const pods = withGateways(
    [],
    [gateway({ istio: 'egressgateway' }, 80), gateway({ app: 'Edge 1' }, 8080), gateway({}, 80)],
    'mizzen',
  )
  assert.deepEqual(
    pods.map(({ name, ports }) => [name, ports]),
    [
      ['istio-egressgateway-0', [80]],
      ['edge-1-0', [80, 8080]],
      ['istio-ingressgateway-0', [80]],
    ],
  )
})

test('withGateways() uses a gateway of the manifests and gives it the ports of its Gateways', () => {
  const [planned] = withGateways([], [gateway({ istio: 'ingressgateway' })], 'mizzen')
  assert.ok(planned)
  const own: PodPlan = {
    ...planned,
    key: 'shop/edge-0',
    labels: { istio: 'ingressgateway', app: 'edge' },
    origin: originWithoutFile('x'),
  }
  const pods = withGateways([own], [gateway({ istio: 'ingressgateway' }, 80), gateway({ app: 'other' }, 81)], 'mizzen')
  assert.deepEqual(
    pods.map(({ key, ports }) => [key, ports]),
    [
      ['shop/edge-0', [80]],
      ['istio-system/other-0', [81]],
    ],
  )
})
