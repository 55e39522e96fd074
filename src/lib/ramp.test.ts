import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advanceRamp, beginRamp, isRunning, type RampRule, type RampSample, type RampState, rampShare } from './ramp.ts'

const rule: RampRule = {
  before: 0,
  steps: [
    { weight: 10, pauseMs: 1000 },
    { weight: 50, pauseMs: 1000 },
    { weight: 100, pauseMs: undefined },
  ],
  stop: { errorRate: 5, minimumRequests: 20, rollBack: true },
}
const timed: RampRule = { ...rule, stop: undefined }
const well: RampSample = { requests: 20, errors: 1 }

/** The states after each [time, sample]. */
function run(by: RampRule, ...events: readonly (readonly [number, RampSample | undefined])[]): RampState[] {
  let state = beginRamp(0)
  return events.map(([now, sample]) => {
    state = advanceRamp(by, state, now, sample)
    return state
  })
}

test('advanceRamp() goes by time alone when there is no limit, or nobody counts', () => {
  for (const [by, sample] of [[timed, { requests: 50, errors: 50 }] as const, [rule, undefined] as const]) {
    const states = run(by, [999, sample], [1000, sample], [1500, sample], [2000, sample], [2001, sample])
    assert.deepEqual(
      states.map(state => [rampShare(by, state), state.phase]),
      [
        [10, 'stepping'],
        [50, 'stepping'],
        [50, 'stepping'],
        [100, 'stepping'],
        [100, 'done'],
      ],
    )
  }
})

test('advanceRamp() takes one step at a time, however late it is asked', () => {
  const [late] = run(timed, [1_000_000, undefined])
  assert.deepEqual(late, { phase: 'stepping', step: 1, since: 1_000_000, reason: '' })
})

test('advanceRamp() goes on when a step had enough requests and few errors, and judges the last one too', () => {
  const states = run(rule, [1000, well], [2000, well], [2001, { requests: 19, errors: 0 }], [2002, well])
  assert.deepEqual(
    states.map(state => [rampShare(rule, state), state.phase]),
    [
      [50, 'stepping'],
      [100, 'stepping'],
      [100, 'waiting'],
      [100, 'done'],
    ],
  )
})

test('advanceRamp() waits for requests when the time is up, and says for how many', () => {
  const [waiting, still, on] = run(rule, [1000, { requests: 19, errors: 19 }], [1100, { requests: 19, errors: 19 }], [1200, well])
  assert.deepEqual(waiting, { phase: 'waiting', step: 0, since: 0, reason: '1 more request to judge the step by' })
  assert.equal(still, waiting)
  assert.equal(on?.step, 1)
})

test('advanceRamp() rolls back at once when more than the limit fails, and that is the end of it', () => {
  const bad = { requests: 28, errors: 2 }
  const [ended, after] = run(rule, [10, bad], [5000, well])
  assert.deepEqual(ended, { phase: 'rolled back', step: 0, since: 0, reason: '7.1 % errors, limit 5 %' })
  assert.equal(after, ended)
  assert.ok(ended && !isRunning(ended))
  assert.equal(rampShare(rule, ended), 0)
})

test('advanceRamp() stays at the step without rollBack', () => {
  const by: RampRule = { ...rule, stop: { errorRate: 5, minimumRequests: 20, rollBack: false } }
  const [, stopped] = run(by, [1000, well], [1001, { requests: 40, errors: 40 }])
  assert.ok(stopped)
  assert.deepEqual([stopped.phase, rampShare(by, stopped)], ['stopped', 50])
})

test('advanceRamp() does not wait for requests that a step of 0 percent cannot have', () => {
  const by: RampRule = {
    ...rule,
    steps: [
      { weight: 0, pauseMs: 5 },
      { weight: 100, pauseMs: undefined },
    ],
  }
  const [state] = run(by, [5, { requests: 0, errors: 0 }])
  assert.equal(state?.step, 1)
})
