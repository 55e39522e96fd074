import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPrime, type MaglevItem, MaglevTable } from './maglev.ts'
import { seededRandom } from './random.ts'

const SIZE = 65_537
const items = (count: number, weight: (i: number) => number = () => 1): MaglevItem[] =>
  Array.from({ length: count }, (_, i) => ({ key: `10.0.${i >> 8}.${i & 255}:80`, weight: weight(i) }))

function slots(table: MaglevTable, size = SIZE): number[] {
  return Array.from({ length: size }, (_, slot) => table.find(BigInt(slot)))
}

function counts(of: readonly number[], count: number): number[] {
  const result = new Array<number>(count).fill(0)
  for (const item of of) result[item] = (result[item] ?? 0) + 1
  return result
}

test('MaglevTable gives each item slots by its weight, exact within a round', () => {
  const even = counts(slots(new MaglevTable(items(7), SIZE)), 7)
  assert.ok(Math.max(...even) - Math.min(...even) <= 1, String(even))
  const weighted = counts(
    slots(
      new MaglevTable(
        items(4, i => i + 1),
        SIZE,
      ),
    ),
    4,
  )
  for (const [i, count] of weighted.entries()) assert.ok(Math.abs(count / SIZE - (i + 1) / 10) < 0.001, String(weighted))
})

test('MaglevTable does not depend on the order of its items', () => {
  const random = seededRandom(5)
  const ordered = items(20, i => 1 + (i % 3))
  const shuffled = ordered
    .map(item => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
  const named = (of: readonly MaglevItem[]) => slots(new MaglevTable(of, 1009), 1009).map(i => of[i]?.key)
  assert.deepEqual(named(shuffled), named(ordered))
})

test('MaglevTable moves few keys when an item leaves', () => {
  const all = items(50)
  const left = all.filter((_, i) => i !== 17)
  const before = slots(new MaglevTable(all, SIZE)).map(i => all[i]?.key)
  const after = slots(new MaglevTable(left, SIZE)).map(i => left[i]?.key)
  const moved = before.filter((key, slot) => key !== all[17]?.key && key !== after[slot]).length
  assert.ok(moved / SIZE < 0.03, `${moved} slots of others moved`)
})

test('MaglevTable works when there are more items than slots', () => {
  const table = new MaglevTable(items(20), 11)
  assert.equal(new Set(slots(table, 11)).size, 11)
})

test('new MaglevTable() throws when there are no items', () => {
  assert.throws(() => new MaglevTable([], SIZE), /there are no items/)
})

test('isPrime() tells primes', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 131, 65_536, 65_537, 5_000_011, 2.5].filter(isPrime), [2, 3, 131, 65_537, 5_000_011])
})
