import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from './duration.ts'

const cases: [text: string, milliseconds: number | undefined][] = [
  ['0', 0],
  ['0s', 0],
  ['5s', 5000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.001s', 1001],
  ['2.000000001s', 2000.000001],
  ['0.000000999s', 0.000999],
  ['100ms', 100],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['-1s', -1000],
  ['', undefined],
  ['-', undefined],
  ['5', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['5x', undefined],
  ['1h30', undefined],
  ['5s ', undefined],
]

for (const [text, milliseconds] of cases) {
  test(`parseDuration() returns ${milliseconds} when given "${text}"`, () => assert.equal(parseDuration(text), milliseconds))
}
