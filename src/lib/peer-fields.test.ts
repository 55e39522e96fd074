import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerFieldsOf, peerText, readPeerText, readSubject, subjectUnits } from './peer-fields.ts'

const CART = { workload: 'cart-v1', namespace: 'shop', labels: { app: 'cart', version: 'v1' }, cluster: 'Kubernetes' }

test('peerFieldsOf() names the canonical service by its labels, else by the workload', () => {
  assert.deepEqual(peerFieldsOf(CART), {
    workload: 'cart-v1',
    namespace: 'shop',
    canonical_service: 'cart',
    canonical_revision: 'v1',
    cluster: 'Kubernetes',
    app: 'cart',
    version: 'v1',
  })
  const bare = peerFieldsOf({ ...CART, labels: {} })
  assert.deepEqual([bare.canonical_service, bare.canonical_revision, bare.app], ['cart-v1', 'latest', undefined])
})

test('readPeerText() and readSubject() give back what was written', () => {
  const fields = peerFieldsOf(CART)
  assert.equal(peerText(fields), 'cart-v1;shop;cart;v1;Kubernetes;cart;v1')
  assert.deepEqual(readPeerText(peerText(fields)), fields)
  // As node:crypto gives it: last part first.
  const subject = subjectUnits(fields)
    .map(unit => `OU=${unit}`)
    .reverse()
    .join(',')
  assert.deepEqual(readSubject(subject), fields)
})

test('readPeerText() takes the five fields of Istio', () => {
  assert.deepEqual(readPeerText('a;ns;a;v1;c'), {
    workload: 'a',
    namespace: 'ns',
    canonical_service: 'a',
    canonical_revision: 'v1',
    cluster: 'c',
  })
})

test('readSubject() passes over what is not of its form', () => {
  assert.deepEqual(readSubject('OU=app~a\\,b,O=cluster.local,CN=app~x,OU=colour~red'), {})
  assert.deepEqual(subjectUnits({ app: 'a,b', version: 'v1' }), ['version~v1'])
})
