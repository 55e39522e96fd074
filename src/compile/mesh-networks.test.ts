import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../api/object.ts'
import { readObject } from '../api/read.ts'
import { Store } from '../source/store.ts'
import { compile } from './mesh.ts'

function remarks(meshNetworks: string): string[] {
  const document = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { meshNetworks },
  }
  const { object } = readObject(document, originWithoutFile('test'))
  assert.ok(object)
  const store = new Store()
  store.source().publish([object])
  return compile(store.snapshot().objects).diagnostics.map(({ code, message }) => `${code} ${message}`)
}

test('compile() says that mesh networks have no effect when there are any', () => {
  const networks = 'networks: {east: {endpoints: [{fromRegistry: one}], gateways: [{address: 10.0.0.1, port: 15443}]}}'
  const [remark = '', ...others] = remarks(networks)
  assert.match(remark, /^not-yet meshNetworks has no effect .*: the networks east are taken to reach each other directly$/)
  assert.deepEqual(others, [])
})

test('compile() says nothing when the list of mesh networks is empty', () => {
  assert.deepEqual(remarks('networks: {}'), [])
})
