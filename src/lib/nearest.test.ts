import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from './nearest.ts'

test('editDistance() counts a swap of neighbours as one edit', () => {
  assert.equal(editDistance('up', 'up'), 0)
  assert.equal(editDistance('pu', 'up'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('', 'abc'), 3)
})

test('nearest() finds the known name a slip away and nothing for a stranger', () => {
  const verbs = ['up', 'down', 'logs', 'validate', 'control-plane']
  assert.equal(nearest('dwon', verbs), 'down')
  assert.equal(nearest('valdate', verbs), 'validate')
  assert.equal(nearest('Controlplane', verbs), 'control-plane')
  assert.equal(nearest('frobnicate', verbs), undefined)
})
