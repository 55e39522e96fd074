/** What kubectl is told of objects that the mesh could not use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../client/raw-object.ts'
import { validateReview } from './review.ts'

const review = (object: unknown) => ({ request: { uid: 'u', object } })
const route = (timeout: string, metadata: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'cart', namespace: 'shop', ...metadata },
  spec: { hosts: ['cart'], http: [{ timeout, route: [{ destination: { host: 'cart' } }] }] },
})

test('validateReview() refuses with the place and the reason, and lets through what is sound', () => {
  const refused = validateReview(review(route('5x')))
  assert.equal(at(refused, 'response', 'allowed'), false)
  assert.match(String(at(refused, 'response', 'status', 'message')), /^spec\.http\[0\]\.timeout: /)
  assert.deepEqual(validateReview(review(route('5s'))), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'u', allowed: true },
  })
})

test('validateReview() lets deletions through, finalizers too', () => {
  assert.equal(at(validateReview(review(undefined)), 'response', 'allowed'), true)
  assert.equal(at(validateReview(review(route('5x', { deletionTimestamp: 'now' }))), 'response', 'allowed'), true)
})

test('validateReview() warns of kinds that have no effect, and throws for what is no review', () => {
  const plugin = {
    apiVersion: 'extensions.istio.io/v1alpha1',
    kind: 'WasmPlugin',
    metadata: { name: 'w', namespace: 'shop' },
    spec: { url: 'oci://registry/w:1' },
  }
  const answer = validateReview(review(plugin))
  assert.equal(at(answer, 'response', 'allowed'), true)
  assert.match(String(at(answer, 'response', 'warnings')), /WasmPlugin/)
  assert.throws(() => validateReview({}), /expected an AdmissionReview/)
})
