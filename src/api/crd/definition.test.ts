import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { kindIds } from '../kind-name.ts'
import { kinds } from '../registry.ts'
import { alternatives, mapOf, message, struct, uint32 } from '../schema/message.ts'
import { definedKinds, definition } from './definition.ts'
import { findDefined } from './find.ts'
import { structural } from './structural.ts'

const STAYS = { defaults: false }

test('definedKinds holds every kind of the groups of a mesh', () => {
  const groups = /(\.istio\.io|^gateway\.networking\.k8s\.io|^mizzen\.dev)$/
  assert.deepEqual(
    definedKinds,
    kindIds.filter(id => groups.test(kinds[id].group)),
  )
})

test('definition() stores exactly one version of each kind', () => {
  for (const id of definedKinds) {
    const { versions } = definition(id).spec
    assert.ok(Array.isArray(versions))
    assert.equal(versions.filter(version => version.storage).length, 1, id)
  }
})

test('structural() says what excludes each other with lists of required fields', () => {
  const schema = structural(message({ a: Type.String(), b: Type.String() }, {}, alternatives(['a', 'b'])), STAYS)
  const required = [{ required: ['a'] }, { required: ['b'] }]
  assert.deepEqual(schema['oneOf'], [{ not: { anyOf: required } }, ...required])
})

test('structural() keeps what nobody knows only where a schema is free', () => {
  assert.deepEqual(structural(struct({ description: 'x' }), STAYS), {
    description: 'x',
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  })
  assert.deepEqual(structural(mapOf(uint32()), STAYS), {
    type: 'object',
    additionalProperties: { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 },
  })
})

test('structural() tells of a default, and has the API server fill it in when asked', () => {
  const schema = Type.String({ default: 'a', description: 'letter' })
  assert.deepEqual(structural(schema, STAYS), { description: 'letter; default: "a"', type: 'string' })
  assert.deepEqual(structural(schema, { defaults: true }), { description: 'letter', default: 'a', type: 'string' })
})

test('findDefined() knows kinds, plurals and short names, and both Gateways', () => {
  assert.deepEqual(findDefined('vs'), ['VirtualService'])
  assert.deepEqual(findDefined('gateways'), ['Gateway', 'KubernetesGateway'])
  assert.deepEqual(findDefined('gateway.networking.istio.io'), ['Gateway'])
  assert.deepEqual(findDefined('VirtualServise'), 'there is no kind "VirtualServise" of the mesh, did you mean "VirtualService"?')
})
