import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GcraRate, gcra } from './gcra.ts'

function spend(rate: GcraRate, times: readonly number[]): boolean[] {
  let state = 0
  return times.map(now => {
    const verdict = gcra(state, now, rate)
    state = verdict.fullAt
    return verdict.allowed
  })
}

const rate = { requests: 10, perMs: 1000, burst: 3 }

test('gcra() lets a burst through and then the rate', () => {
  assert.deepEqual(spend(rate, [0, 0, 0, 0, 50, 100, 100, 200]), [true, true, true, false, false, true, false, true])
})

test('gcra() fills up to the burst and no further', () => {
  assert.deepEqual(spend(rate, [0, 60_000, 60_000, 60_000, 60_000]), [true, true, true, true, false])
})

test('gcra() says how much is left and how long to wait', () => {
  const { remaining, waitMs } = gcra(0, 0, rate)
  assert.deepEqual({ remaining, waitMs }, { remaining: 2, waitMs: 0 })
  const last = gcra(300, 0, rate)
  assert.deepEqual([last.allowed, last.remaining, last.waitMs, last.fullAt], [false, 0, 100, 300])
})

test('gcra() allows requests * time + burst over any time, for odd rates', () => {
  const odd = { requests: 7, perMs: 60_000, burst: 7 }
  const allowed = spend(
    odd,
    Array.from({ length: 600 }, (_, i) => i * 100),
  ).filter(Boolean).length
  assert.equal(allowed, 13) // 7 at once, and one each 8.57 s in the minute after
})
