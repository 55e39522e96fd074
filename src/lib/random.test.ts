import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from './random.ts'

test('seededRandom() repeats its sequence when the seed is the same', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed))
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('seededRandom() is uniform in [0, 1)', () => {
  const random = seededRandom(1)
  const buckets = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) {
    const bucket = Math.floor(random() * 10)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  assert.equal(buckets.length, 10)
  for (const count of buckets) assert.ok(Math.abs(count - 10_000) < 500, `bucket of ${count}`)
})
