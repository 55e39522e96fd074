import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveSlab, LARGE_SLAB, SMALL_SLAB, takeLargeSlab, takeSmallSlab } from './slab-pool.ts'

test('giveSlab() makes a slab available again, by its size', () => {
  const small = takeSmallSlab()
  const large = takeLargeSlab()
  assert.deepEqual([small.length, large.length], [SMALL_SLAB, LARGE_SLAB])
  giveSlab(small)
  giveSlab(large)
  assert.equal(takeLargeSlab(), large)
  assert.equal(takeSmallSlab(), small)
})

test('giveSlab() keeps no more than a megabyte of large slabs', () => {
  const slabs = Array.from({ length: 40 }, takeLargeSlab)
  for (const slab of slabs) giveSlab(slab)
  const known = new Set(slabs)
  let kept = 0
  while (known.has(takeLargeSlab())) kept++
  assert.ok(kept * LARGE_SLAB <= 1024 * 1024, `${kept} kept`)
})
