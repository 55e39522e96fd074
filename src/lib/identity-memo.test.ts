import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdentityMemo, remembering } from './identity-memo.ts'

test('IdentityMemo.get() makes once for the same objects and values, again for an equal but other object', () => {
  const memo = new IdentityMemo<number>()
  let made = 0
  const make = () => ++made
  const service = { name: 'a' }
  assert.equal(memo.get([service, 80, ''], make), 1)
  assert.equal(memo.get([service, 80, ''], make), 1)
  assert.equal(memo.get([service, 81, ''], make), 2)
  assert.equal(memo.get([{ name: 'a' }, 80, ''], make), 3)
  assert.equal(memo.get([service], make), 4)
})

test('IdentityMemo.get() remembers undefined too', () => {
  const memo = new IdentityMemo<undefined>()
  let calls = 0
  for (let i = 0; i < 2; i++) memo.get([memo], () => void calls++)
  assert.equal(calls, 1)
})

test('remembering() calls the function once for each object', () => {
  const length = remembering((list: readonly number[]) => ({ length: list.length }))
  const list = [1, 2]
  assert.equal(length(list), length(list))
  assert.notEqual(length(list), length([1, 2]))
})
