import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooDeep } from './nesting.ts'

test('isTooDeep() finds what would hold up the parser for minutes', () => {
  for (const unit of ['{"a": [', '[', '- ', '? ', 'x: [']) assert.ok(isTooDeep(unit.repeat(100_000)), unit)
})

test('isTooDeep() lets brackets pass that nest nothing', () => {
  for (const text of [
    `data:\n  text: |\n    ${'['.repeat(1000)}\n`,
    `a: "${'{'.repeat(1000)}"\n`,
    `a: 1 # ${'{'.repeat(1000)}\n`,
    '- {a: [1]}\n'.repeat(1000),
    `- ${'['.repeat(100)}${']'.repeat(100)}\n`,
  ])
    assert.ok(!isTooDeep(text), text.slice(0, 40))
})
