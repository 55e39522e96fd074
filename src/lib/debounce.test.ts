import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'
import { Debounce } from './debounce.ts'

function setUp() {
  const clock = new ManualClock()
  const runs: number[] = []
  const unfinished: (() => void)[] = []
  const debounce = new Debounce({
    clock,
    quietMs: 10,
    maxMs: 100,
    run: done => {
      runs.push(clock.now())
      unfinished.push(done)
    },
  })
  return { clock, runs, debounce, finish: () => unfinished.shift()?.() }
}

test('Debounce runs once for many triggers when they fell quiet', () => {
  const { clock, runs, debounce } = setUp()
  debounce.trigger()
  clock.advance(9)
  debounce.trigger()
  clock.advance(9)
  assert.deepEqual(runs, [])
  clock.advance(1)
  assert.deepEqual(runs, [19])
})

test('Debounce runs after the longest wait when triggers never stop', () => {
  const { clock, runs, debounce } = setUp()
  for (let at = 0; at < 100; at += 5) {
    debounce.trigger()
    clock.advance(5)
  }
  assert.deepEqual(runs, [100])
})

test('Debounce waits for a run under way, and then as long as that took', () => {
  const { clock, runs, debounce, finish } = setUp()
  debounce.trigger()
  clock.advance(10)
  debounce.trigger()
  clock.advance(40)
  assert.deepEqual(runs, [10])
  finish()
  clock.advance(39)
  assert.deepEqual(runs, [10])
  clock.advance(1)
  assert.deepEqual(runs, [10, 90])
})

test('Debounce.cancel() forgets what waits', () => {
  const { clock, runs, debounce } = setUp()
  debounce.trigger()
  debounce.cancel()
  clock.advance(1000)
  assert.deepEqual(runs, [])
})
