import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Drain } from './drain.ts'

test('Drain.closing() is ever more likely while the drain time passes', () => {
  const drain = new Drain()
  const share = (now: number) => [0.1, 0.3, 0.5, 0.7, 0.9].filter(random => drain.closing(() => random, now)).length
  assert.equal(share(0), 0)
  drain.start('gradual', 1000, 0)
  assert.deepEqual([0, 200, 600, 1000].map(share), [0, 1, 3, 5])
})

test('Drain.closing() is certain at once when the strategy is immediate, also by the parent', () => {
  const process = new Drain()
  const chain = new Drain(process)
  assert.equal(chain.draining, false)
  process.start('immediate', 1000, 0)
  assert.equal(chain.draining, true)
  assert.equal(
    chain.closing(() => 0.99, 0),
    true,
  )
  process.stop()
  assert.equal(
    chain.closing(() => 0, 0),
    false,
  )
})

test('Drain.start() does not begin anew what has begun', () => {
  const drain = new Drain()
  drain.start('gradual', 1000, 0)
  drain.start('immediate', 1000, 500)
  assert.equal(
    drain.closing(() => 0.9, 500),
    false,
  )
})
