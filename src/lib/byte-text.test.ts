import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromByteText, toByteText } from './byte-text.ts'

test('toByteText() and fromByteText() go between Unicode and one character per UTF-8 byte', () => {
  for (const [unicode, bytes] of [
    ['plain', 'plain'],
    ['é', '\xc3\xa9'],
    ['日本', '\xe6\x97\xa5\xe6\x9c\xac'],
  ] as const) {
    assert.equal(toByteText(unicode), bytes)
    assert.equal(fromByteText(bytes), unicode)
  }
})

test('fromByteText() marks what is not UTF-8', () => {
  assert.equal(fromByteText('a\xff'), 'a�')
})
