import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EscapedSlashes, needsNormalization, normalizePath } from './path.ts'

const plain = { normalize: true, mergeSlashes: false, escapedSlashes: 'keep' } as const

/** Each row as Envoy 1.40 does it; test/proxy compares some of them while both run. */
const NORMALIZED: readonly (readonly [path: string, expected: string])[] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/../../b', '/b'],
  ['/a/..', '/'],
  ['/a/.', '/a/'],
  ['/a/b/..', '/a/'],
  ['/a//b', '/a//b'],
  ['/%41%2d%7E', '/A-~'],
  ['/a%2Fb', '/a%2Fb'],
  ['/a%2fb', '/a%2fb'],
  ['/%2e%2e/b', '/b'],
  ['/a\\b', '/a/b'],
  ['/a?x=/../y', '/a?x=/../y'],
  ['/a/./b?c#d', '/a/b?c#d'],
  ['/a%', '/a%'],
  ['/a%4', '/a%4'],
  ['/a%zz', '/a%zz'],
  ['/a%41%', '/aA%'],
  ['//a/../b', '//b'],
  ['/a//../b', '/a/b'],
  ['/a/..//b', '//b'],
  ['/a/b/%2E', '/a/b/'],
  ['/.a/..a/...', '/.a/..a/...'],
  ['/a"<>^`{|}b', '/a%22%3C%3E%5E%60%7B%7C%7Db'],
  ["/a!$&'()*+,;=:@[]~b", "/a!$&'()*+,;=:@[]~b"],
]

for (const [path, expected] of NORMALIZED) {
  test(`normalizePath() gives ${expected} when the path is ${path}`, () => {
    assert.deepEqual(normalizePath(path, plain), { action: 'continue', path: expected })
    if (path !== expected) assert.ok(needsNormalization(path, plain))
  })
}

test('normalizePath() refuses NUL', () => {
  for (const path of ['/a%00', '/%00/../b']) assert.deepEqual(normalizePath(path, plain), { action: 'reject' })
})

test('normalizePath() merges slashes only when asked to', () => {
  const rules = { ...plain, mergeSlashes: true }
  assert.ok(needsNormalization('/a//b', rules))
  assert.ok(!needsNormalization('/a//b', plain))
  assert.deepEqual(normalizePath('/a//b///c?d=//', rules), { action: 'continue', path: '/a/b/c?d=//' })
})

test('normalizePath() treats escaped slashes by its rule', () => {
  const outcome = (escapedSlashes: EscapedSlashes) => normalizePath('/a%2F..%5cb', { ...plain, escapedSlashes })
  assert.deepEqual(outcome('reject'), { action: 'reject' })
  assert.deepEqual(outcome('redirect'), { action: 'redirect', path: '/b' })
  assert.deepEqual(outcome('decode'), { action: 'continue', path: '/b' })
  assert.deepEqual(outcome('keep'), { action: 'continue', path: '/a%2F..%5cb' })
})

test('needsNormalization() leaves ordinary paths alone', () => {
  for (const path of ['/', '/api/v1/items/42', '/a.b/c..d', '/x?y=%2F..']) assert.ok(!needsNormalization(path, plain), path)
})
