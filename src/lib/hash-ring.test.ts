import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashRing, type RingItem } from './hash-ring.ts'
import { xxHash64 } from './xxhash64.ts'

const items = (count: number, weights: readonly number[] = []): RingItem[] => {
  const raw = Array.from({ length: count }, (_, i) => weights[i] ?? 1)
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  return raw.map((weight, i) => ({ key: `10.0.0.${i}:80`, weight: weight / total }))
}
const keys = Array.from({ length: 20_000 }, (_, i) => xxHash64(`key-${i}`))

test('HashRing.find() gives the first entry at or after the hash, and wraps around', () => {
  const ring = new HashRing(items(3), 10, 1000)
  const entries = [0, 1, 2]
    .flatMap(item => Array.from({ length: ring.size / 3 }, (_, i) => ({ item, hash: xxHash64(`10.0.0.${item}:80_${i}`) })))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
  assert.equal(entries.length, ring.size)
  const expected = (hash: bigint, offset: number) => {
    const at = entries.findIndex(entry => entry.hash >= hash)
    return entries[(Math.max(at, 0) + offset) % entries.length]?.item
  }
  for (const hash of [...keys.slice(0, 500), 0n, 0xffffffffffffffffn, ...entries.map(entry => entry.hash)])
    for (const offset of [0, 1, 5]) assert.equal(ring.find(hash, offset), expected(hash, offset))
})

test('HashRing sizes itself so that the lightest item gets whole entries', () => {
  assert.equal(new HashRing(items(3), 1024, 8_000_000).size, 1026)
  assert.equal(new HashRing(items(2, [1, 3]), 10, 8_000_000).size, 12)
  assert.equal(new HashRing(items(10), 1024, 100).size, 100)
  assert.equal(new HashRing([], 1024, 8_000_000).find(1n), undefined)
})

test('HashRing keeps every key of the items that stay when one leaves', () => {
  const before = items(10)
  const ring = new HashRing(before, 10_000, 8_000_000)
  const left = before.filter((_, i) => i !== 4).map(item => ({ ...item, weight: 1 / 9 }))
  // As many entries for each as before, which is what keeps keys in place.
  const smaller = new HashRing(left, 9000, 8_000_000)
  let moved = 0
  for (const key of keys) {
    const was = before[ring.find(key) ?? 0]?.key
    const is = left[smaller.find(key) ?? 0]?.key
    if (was === before[4]?.key) moved++
    else assert.equal(is, was)
  }
  assert.ok(Math.abs(moved / keys.length - 0.1) < 0.03, `${moved} of ${keys.length} keys moved`)
})

test('HashRing spreads keys by weight', () => {
  const ring = new HashRing(items(3, [1, 2, 5]), 20_000, 8_000_000)
  const counts = [0, 0, 0]
  for (const key of keys) {
    const item = ring.find(key) ?? 0
    counts[item] = (counts[item] ?? 0) + 1
  }
  for (const [i, share] of [1 / 8, 2 / 8, 5 / 8].entries())
    assert.ok(Math.abs((counts[i] ?? 0) / keys.length - share) < 0.03, `${counts[i]} keys for ${share}`)
})
