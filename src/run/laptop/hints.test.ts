import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillIn, readHints } from './hints.ts'

test('fillIn() replaces the names it knows', () => {
  assert.equal(
    fillIn('curl {{ingress}}/x {{ingress}} {{other}} {ingress}', { ingress: 'http://a' }),
    'curl http://a/x http://a {{other}} {ingress}',
  )
})

test('readHints() is undefined for a directory without hints', () => {
  assert.equal(readHints(import.meta.dirname, {}), undefined)
})
