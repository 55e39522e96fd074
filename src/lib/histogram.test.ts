import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from './histogram.ts'

test('Histogram.quantile() is within a sixteenth of the truth', () => {
  const histogram = new Histogram()
  for (let value = 1; value <= 10_000; value++) histogram.record(value)
  for (const q of [0.01, 0.25, 0.5, 0.9, 0.99, 1]) {
    const found = histogram.quantile(q) ?? Number.NaN
    assert.ok(found <= q * 10_000 && found >= (q * 10_000 * 15) / 16, `${q}: ${found}`)
  }
  assert.equal(histogram.count, 10_000)
  assert.equal(histogram.sum, 50_005_000)
})

test('Histogram.countUpTo() counts what lies at or below a bound', () => {
  const histogram = new Histogram()
  for (const value of [0, 1, 5, 10, 1000, 2 ** 31 + 5]) histogram.record(value)
  assert.deepEqual(
    [0, 1, 4, 5, 10, 1000, 1e12].map(bound => histogram.countUpTo(bound)),
    [1, 2, 2, 3, 4, 5, 6],
  )
})

test('Histogram.quantile() is undefined before the first value', () => {
  assert.equal(new Histogram().quantile(0.5), undefined)
})
