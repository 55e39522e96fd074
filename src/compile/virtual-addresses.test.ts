import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../api/object.ts'
import type { Service } from '../api/registry.ts'
import { virtualAddresses } from './virtual-addresses.ts'

const service = (name: string, spec: Service['spec'] = {}): Service => ({
  kind: 'Service',
  group: '',
  apiVersion: 'v1',
  namespace: 'shop',
  name,
  labels: {},
  annotations: {},
  creationTimestamp: undefined,
  uid: undefined,
  origin: originWithoutFile('test'),
  spec,
  status: undefined,
})

test('virtualAddresses() gives a service the same address whatever others there are', () => {
  const [cart, other] = [service('cart'), service('other')]
  const alone = virtualAddresses([cart], '10.96.0.0/12').get(cart)
  assert.match(alone ?? '', /^10\.(9[6-9]|10\d|11[01])\./)
  assert.equal(virtualAddresses([other, cart], '10.96.0.0/12').get(cart), alone)
})

test('virtualAddresses() assigns none to services that have one, want none, or are only a name', () => {
  const services = [
    service('fixed', { clusterIP: '10.96.0.1' }),
    service('headless', { clusterIP: 'None' }),
    service('alias', { type: 'ExternalName', externalName: 'x.example' }),
  ]
  assert.equal(virtualAddresses(services, '10.96.0.0/12').size, 0)
  assert.equal(virtualAddresses([service('cart')], '').size, 0)
})

test('virtualAddresses() steps over addresses that are taken, and stops when the range is full', () => {
  const services = Array.from({ length: 10 }, (_, i) => service(`s${i}`))
  const fixed = service('fixed', { clusterIP: '10.0.0.1' })
  const assigned = [...virtualAddresses([fixed, ...services], '10.0.0.0/29').values()]
  assert.deepEqual(assigned.sort(), ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'])
})
