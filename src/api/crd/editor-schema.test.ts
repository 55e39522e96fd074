import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Compile } from 'typebox/compile'
import { definedKinds } from './definition.ts'
import { editorSchema } from './editor-schema.ts'

const schema = Compile(editorSchema(definedKinds))
const metadata = { name: 'catalog' }
const route = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata }

test('editorSchema() looks at kind and version', () => {
  assert.equal(schema.Check({ ...route, spec: { hosts: ['catalog'] } }), true)
  assert.equal(schema.Check({ ...route, spec: { host: ['catalog'] } }), false, 'a misspelt field')
  assert.equal(schema.Check({ ...route, spec: { http: {} } }), false, 'a map where a list belongs')
  assert.equal(
    schema.Check({ ...route, apiVersion: 'networking.istio.io/v1beta1', spec: { host: [] } }),
    false,
    'another version',
  )
})

test('editorSchema() leaves other kinds alone', () => {
  assert.equal(schema.Check({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2 } }), true)
})

test('editorSchema() knows what excludes each other', () => {
  const match = { match: [{ uri: { exact: '/a', prefix: '/b' } }] }
  assert.equal(schema.Check({ ...route, spec: { http: [match] } }), false)
})
