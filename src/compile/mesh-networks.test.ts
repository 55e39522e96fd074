import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../api/object.ts'
import { readObject } from '../api/read.ts'
import { gatewaysInto, NO_NETWORKS, networkOf } from '../model/network.ts'
import { Store } from '../source/store.ts'
import { compile } from './mesh.ts'
import { readNetworks } from './networks.ts'

const EAST = '{endpoints: [{fromRegistry: Kubernetes}], gateways: [{address: 198.51.100.1, port: 15443}]}'
const WEST = '{endpoints: [{fromCidr: 10.2.0.0/16}], gateways: [{address: 203.0.113.1, port: 15443}]}'

const ROOT = (labels: object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system', labels } })

function compiled(meshNetworks: string, ...others: object[]) {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { meshNetworks },
  }
  const objects = [config, ...others].flatMap(document => readObject(document, originWithoutFile('test')).object ?? [])
  const store = new Store()
  store.source().publish(objects)
  const { mesh, diagnostics } = compile(store.snapshot().objects)
  return { networks: mesh.settings.networks, remarks: diagnostics.map(({ code, message }) => `${code} ${message}`) }
}

test('compile() says nothing when the list of mesh networks is empty', () => {
  assert.deepEqual(compiled('networks: {}').remarks, [])
})

test('networkOf() goes by the own word, then the cluster, then the address when mesh networks name them', () => {
  const { networks } = compiled(`networks: {east: ${EAST}, west: ${WEST}}`)
  const at = (network: string, local: boolean, address = '10.2.0.1') => networkOf(networks, { network, local, address })
  assert.equal(at('south', true), 'south')
  assert.equal(at('', true), 'east')
  assert.equal(at('', false), 'west')
  assert.equal(at('', false, '10.3.0.1'), '')
})

test("networkOf() goes by the root namespace's label when it has one", () => {
  const { networks } = compiled(`networks: {east: ${EAST}}`, ROOT({ 'topology.istio.io/network': 'north' }))
  assert.equal(networkOf(networks, { network: '', local: true, address: '10.1.0.1' }), 'north')
})

test('gatewaysInto() finds nothing when the endpoint is in the own network, or in one without a gateway', () => {
  const { networks } = compiled(`networks: {east: ${EAST}, west: ${WEST}}`)
  assert.deepEqual(gatewaysInto(networks, 'west', 'east'), [{ network: 'west', address: '203.0.113.1', port: 15443 }])
  assert.deepEqual(gatewaysInto(networks, 'west', 'west'), [])
  assert.deepEqual(gatewaysInto(networks, 'south', 'west'), [])
  assert.deepEqual(gatewaysInto(networks, '', 'west'), [])
})

test('compile() takes a labelled Service for the way into its network', () => {
  const labels = { 'topology.istio.io/network': 'west', 'networking.istio.io/gatewayPort': '443' }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'eastwest', namespace: 'istio-system', labels },
    spec: { type: 'LoadBalancer', ports: [{ port: 443 }], externalIPs: ['192.0.2.1'] },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { hostname: 'lb.example.com' }] } },
  }
  const { networks } = compiled('networks: {}', service)
  assert.deepEqual(networks.gateways, [{ network: 'west', address: '203.0.113.9', port: 443 }])
})

test('compile() tells of gateways of networks that are names', () => {
  const { remarks } = compiled('networks: {west: {gateways: [{address: west.example.com, port: 15443}], endpoints: []}}')
  assert.match(remarks.join('\n'), /^not-yet meshNetworks\.networks\.west: the gateway "west\.example\.com" is not used/)
})

test('readNetworks() leaves all of it out when it has a mistake, and says where', () => {
  const { networks, problems } = readNetworks('networks: {west: {gateways: [{address: 10.0.0.1, port: 99999}]}}', 'Kubernetes')
  assert.deepEqual(networks, NO_NETWORKS)
  assert.match(problems.join('\n'), /^Cannot use meshNetworks\.networks\.west\.gateways\[0\]\.port: 99999 is not a port/)
})
