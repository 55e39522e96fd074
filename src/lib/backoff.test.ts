import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from './backoff.ts'

test('Backoff.next() doubles up to the maximum and starts again after reset()', () => {
  const backoff = new Backoff({ initialMs: 500, maxMs: 3000 })
  assert.deepEqual(
    [backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()],
    [500, 1000, 2000, 3000, 3000],
  )
  assert.equal(backoff.attempts, 5)
  backoff.reset()
  assert.equal(backoff.next(), 500)
})

test('Backoff.next() takes the random part off, never adds to it', () => {
  const drawn = [0, 0.5, 0.999]
  const backoff = new Backoff({ initialMs: 100, maxMs: 100, jitter: 0.2, random: () => drawn.shift() ?? 0 })
  assert.deepEqual([backoff.next(), backoff.next(), Math.round(backoff.next())], [100, 90, 80])
})

test('Backoff.next() stays at the maximum after thousands of attempts', () => {
  const backoff = new Backoff({ initialMs: 1, maxMs: 30_000 })
  for (let i = 0; i < 5000; i++) backoff.next()
  assert.equal(backoff.next(), 30_000)
})

test('Backoff constructor names the option that cannot be', () => {
  assert.throws(() => new Backoff({ initialMs: 0, maxMs: 1 }), /"initialMs" is 0/)
  assert.throws(() => new Backoff({ initialMs: 2, maxMs: 1 }), /"maxMs" is 1, expected at least 2/)
  assert.throws(() => new Backoff({ initialMs: 1, maxMs: 1, jitter: 2 }), /"jitter" is 2/)
  assert.throws(() => new Backoff({ initialMs: 1, maxMs: 1, factor: 0.5 }), /"factor" is 0.5/)
})
