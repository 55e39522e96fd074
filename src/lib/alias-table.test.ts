import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AliasTable } from './alias-table.ts'
import { seededRandom } from './random.ts'

test('AliasTable.draw() draws each item by its weight', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = seededRandom(seed)
    const weights = Array.from({ length: 1 + Math.floor(random() * 12) }, () => Math.floor(random() * 10))
    weights.push(5)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const table = new AliasTable(weights)
    const counts = weights.map(() => 0)
    for (let i = 0; i < 50_000; i++) {
      const drawn = table.draw(random)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    weights.forEach((weight, i) => {
      const share = (counts[i] ?? 0) / 50_000
      assert.ok(Math.abs(share - weight / total) < 0.01, `seed ${seed}: ${share} drawn for ${weight} of ${total}`)
      if (weight === 0) assert.equal(counts[i], 0)
    })
  }
})

test('new AliasTable() throws when nothing could be drawn', () => {
  assert.throws(() => new AliasTable([]), /weights add up to 0/)
  assert.throws(() => new AliasTable([0, 0]), /weights add up to 0/)
  assert.throws(() => new AliasTable([2, -1]), /none below 0/)
})
