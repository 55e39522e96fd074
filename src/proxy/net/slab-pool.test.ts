import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { giveSlab, LARGE_SLAB, SlabPool, SMALL_SLAB, takeLargeSlab, takeSmallSlab } from './slab-pool.ts'

test('giveSlab() makes a slab available again, by its size', () => {
  const small = takeSmallSlab()
  const large = takeLargeSlab()
  assert.deepEqual([small.length, large.length], [SMALL_SLAB, LARGE_SLAB])
  giveSlab(small)
  giveSlab(large)
  assert.equal(takeLargeSlab(), large)
  assert.equal(takeSmallSlab(), small)
})

test('a pool keeps what is in use now and then, and gives up what nobody needed for two seconds', () => {
  const clock = new ManualClock()
  const pool = new SlabPool(SMALL_SLAB, 4, 20, clock)
  const use = (count: number) => {
    const slabs = Array.from({ length: count }, () => pool.take())
    for (const slab of slabs) pool.give(slab)
    return new Set(slabs)
  }
  const first = use(30)
  clock.advance(1900)
  assert.equal([...use(20)].filter(slab => first.has(slab)).length, 20)
  clock.advance(150)
  assert.equal([...use(20)].filter(slab => first.has(slab)).length, 20)
  clock.advance(4000)
  assert.equal([...use(20)].filter(slab => first.has(slab)).length, 4)
})
