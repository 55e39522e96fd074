import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareable } from './shareable.ts'

test('shareable() leaves out what applications are given, keys, and what callers are known by, and keeps the rest', () => {
  const env = (value: string) => [
    { name: 'DB', value },
    { name: 'REF', valueFrom: { secretKeyRef: { name: 'db', key: 'p' } } },
  ]
  const pod = (value: string) => ({
    kind: 'Pod',
    metadata: { name: 'cart-0', annotations: { app: 'x' } },
    spec: { containers: [{ name: 'app', env: env(value) }], initContainers: [{ name: 'istio-proxy', env: env('shown') }] },
  })
  const given = pod('MARKER')
  Object.assign(given.metadata.annotations, { 'kubectl.kubernetes.io/last-applied-configuration': 'MARKER' })
  assert.deepEqual(shareable(given), pod('[redacted]'))
  const rule = (k: string) => ({ jwtRules: [{ issuer: 'i', jwks: JSON.stringify({ keys: [{ kty: 'oct', k }] }) }] })
  assert.deepEqual(shareable(rule('MARKER')), rule('[redacted]'))
  const route = (value: string) => ({ headers: { request: { set: { Authorization: value, 'x-team': 'blue' } } } })
  assert.deepEqual(shareable(route('MARKER')), route('[redacted]'))
})
