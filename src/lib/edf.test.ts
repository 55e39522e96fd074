import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdfScheduler } from './edf.ts'
import { seededRandom } from './random.ts'

function count(weights: readonly number[], turns: number, seed = 1): number[] {
  const scheduler = new EdfScheduler(weights, seededRandom(seed))
  const counts = new Array<number>(weights.length).fill(0)
  for (let i = 0; i < turns; i++) {
    const item = scheduler.next()
    if (item !== undefined) counts[item] = (counts[item] ?? 0) + 1
  }
  return counts
}

test('EdfScheduler.next() gives each item its weight, exact within one turn', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    const weights = Array.from({ length: 1 + Math.floor(random() * 30) }, () => 1 + Math.floor(random() * 50))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    count(weights, total * 10, seed).forEach((turns, i) => {
      assert.ok(Math.abs(turns - (weights[i] ?? 0) * 10) <= 2, `seed ${seed}: ${turns} turns for weight ${weights[i]}`)
    })
  }
})

test('EdfScheduler.next() spreads the turns of a heavy item', () => {
  const scheduler = new EdfScheduler([3, 1], seededRandom(3))
  const turns = Array.from({ length: 12 }, () => scheduler.next()).join('')
  assert.ok(!turns.includes('0000'), turns)
})

test('EdfScheduler.next() is undefined when there are no items', () => {
  assert.equal(new EdfScheduler([], Math.random).next(), undefined)
})

test('new EdfScheduler() throws when a weight is not above 0', () => {
  assert.throws(() => new EdfScheduler([1, 0], Math.random), /a weight is 0, expected more than 0/)
})
