import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import { builtIn } from '../../../model/origin.ts'
import type { Protocol } from '../../../model/protocol.ts'
import { ingressOf } from './ingress.ts'

const origin = builtIn('test')

function server(port: number, protocol: Protocol, ...hosts: string[]): GatewayServer {
  const scoped = hosts.map(host => ({ namespace: '*', host }))
  return { port, portName: '', protocol, bind: '', hosts: scoped, tls: undefined, name: '', origin }
}
function gateway(...servers: GatewayServer[]): Gateway {
  return { name: 'g', namespace: 'shop', selector: { istio: 'ingressgateway' }, servers, created: '', origin }
}
const pod = {
  plan: { namespace: 'istio-system', labels: { istio: 'ingressgateway' } },
  entrance: (port: number) => (port === 9 ? undefined : { host: '127.0.0.1', port: port + 8000 }),
}

test('ingressOf() lists each host with the URL of its gateway', () => {
  const gateways = [
    gateway(server(80, 'HTTP', 'shop.example.com', '*'), server(443, 'HTTPS', 'shop.example.com')),
    gateway(server(80, 'HTTP', '*')),
  ]
  assert.deepEqual(ingressOf([pod], gateways), [
    { host: 'shop.example.com', url: 'http://127.0.0.1:8080' },
    { host: '*', url: 'http://127.0.0.1:8080' },
    { host: 'shop.example.com', url: 'https://127.0.0.1:8443' },
  ])
})

test('ingressOf() leaves out what has no URL: other protocols, ports that are not open yet, gateways of others', () => {
  assert.deepEqual(ingressOf([pod], [gateway(server(6379, 'TCP', '*'), server(9, 'HTTP', '*'))]), [])
  assert.deepEqual(
    ingressOf(
      [{ ...pod, plan: { namespace: 'istio-system', labels: { istio: 'egressgateway' } } }],
      [gateway(server(80, 'HTTP', '*'))],
    ),
    [],
  )
})
