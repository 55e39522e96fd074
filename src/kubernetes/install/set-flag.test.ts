import assert from 'node:assert/strict'
import { test } from 'node:test'
import { merge } from './merge.ts'
import { parseSet, SetError } from './set-flag.ts'

test('parseSet() knows names, escaped dots, indexes, lists and scalars', () => {
  assert.deepEqual(parseSet('a.b=1'), { a: { b: 1 } })
  assert.deepEqual(parseSet('a.example\\.com/x=true'), { a: { 'example.com/x': true } })
  assert.deepEqual(parseSet('a={x,2}'), { a: ['x', 2] })
  assert.deepEqual(parseSet('a=yes'), { a: 'yes' })
  assert.deepEqual(parseSet('a=b=c'), { a: 'b=c' })
  assert.deepEqual(parseSet('tag=1.2.3'), { tag: '1.2.3' })
  assert.deepEqual(parseSet('a='), { a: '' })
})

test('parseSet() says what is wrong', () => {
  for (const flag of ['a', '=1', 'a..b=1', '[0]=1']) assert.throws(() => parseSet(flag), SetError, flag)
})

test('merge() fills one item of a list that parseSet() named, and takes away what is null', () => {
  const below = { ports: [{ port: 80 }, { port: 443, name: 'https' }], gone: 1 }
  const above = merge(parseSet('ports[1].port=8443'), parseSet('gone=null'))
  assert.deepEqual(merge(below, above), { ports: [{ port: 80 }, { port: 8443, name: 'https' }] })
})

test('merge() does not change what it is given, nor the prototype of all', () => {
  const below = { a: { b: 1 } }
  merge(below, { a: { b: 2 } })
  assert.deepEqual(below, { a: { b: 1 } })
  merge({}, JSON.parse('{"__proto__": {"polluted": true}}'))
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})
