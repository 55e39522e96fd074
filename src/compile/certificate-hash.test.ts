import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHash, isSpki, NOBODYS_HASH, NOBODYS_SPKI } from './certificate-hash.ts'

test('isSpki() and isHash() take what Envoy takes', () => {
  assert.ok(isSpki('NvqYIYSbgK2vCJpQhObf77vv+bQWtc5ek5RIOwPiC9A='))
  assert.ok(!isSpki('a.example'))
  assert.ok(isHash('df6ff72fe9116521268f6f2dd4966f51df479883fe7037b39f75916ac3049d1a'))
  assert.ok(isHash(Array.from({ length: 32 }, () => 'DF').join(':')))
  assert.ok(!isHash('df6ff7'))
})

test('hashes that nobody has are hashes', () => {
  assert.ok(isSpki(NOBODYS_SPKI) && isHash(NOBODYS_HASH))
})
