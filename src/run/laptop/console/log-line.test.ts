import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLogLine, isFrom, parseLogLine, prefixOf } from './log-line.ts'

test('parseLogLine() reads what formatLogLine() wrote, and nothing else', () => {
  const line = { at: Date.UTC(2026, 10, 22, 13), source: 'shop/cart-0', text: 'GET / 200  12 ms' }
  assert.equal(formatLogLine(line), '2026-11-22T13:00:00.000Z shop/cart-0 GET / 200  12 ms\n')
  assert.deepEqual(parseLogLine(formatLogLine(line).trimEnd()), line)
  assert.deepEqual(parseLogLine('2026-11-22T13:00:00.000Z shop/cart-0 '), { ...line, text: '' })
  assert.equal(parseLogLine('torn in the middle'), undefined)
  assert.equal(parseLogLine(''), undefined)
})

const cases: [source: string, name: string, yes: boolean][] = [
  ['shop/cart-0', 'cart-0', true],
  ['shop/cart-0', 'cart', true],
  ['shop/cart-0', 'shop/cart', true],
  ['shop/cart-0', 'other/cart', false],
  ['shop/cart-0', 'car', false],
  ['shop/cart-0/proxy', 'cart-0', true],
  ['shop/cart-0/proxy', 'cart-0/proxy', true],
  ['shop/cart-0', 'cart-0/proxy', false],
  ['shop/catalog-v1-0', 'catalog', true],
  ['mizzen', 'mizzen', true],
  ['mizzen', 'cart', false],
]
for (const [source, name, yes] of cases) {
  test(`isFrom() is ${yes} for ${source} when asked for ${name}`, () => assert.equal(isFrom(source, name), yes))
}

test('prefixOf() leaves the namespace out', () => {
  assert.deepEqual(['shop/cart-0', 'shop/cart-0/proxy', 'mizzen'].map(prefixOf), ['cart-0', 'cart-0/proxy', 'mizzen'])
})
