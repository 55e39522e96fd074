import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '../../lib/clock.ts'
import type { RampSample } from '../../lib/ramp.ts'
import { Ramps } from './ramps.ts'
import type { RolloutPlan } from './rollout-plan.ts'

const reviews: RolloutPlan = {
  resource: 'WeightedDestinationRule shop/reviews',
  rule: {
    before: 0,
    steps: [
      { weight: 10, pauseMs: 2000 },
      { weight: 25, pauseMs: undefined },
    ],
    stop: { errorRate: 5, minimumRequests: 20, rollBack: true },
  },
  destination: { host: 'reviews.shop.svc.cluster.local', subset: 'v2', port: undefined },
  name: 'reviews v2',
  identity: '1',
}

function scene({ counted = true } = {}) {
  const clock = new ManualClock()
  const proxies = new Map<string, RampSample>()
  const shares: (number | undefined)[] = []
  const told: string[] = []
  const mesh = { plans: [reviews], mayBegin: true }
  const ramps = new Ramps({
    clock,
    plans: () => mesh.plans,
    mayBegin: () => mesh.mayBegin,
    count: counted ? async () => new Map(proxies) : undefined,
    apply: map => shares.push(map.get(reviews.resource)),
    tell: text => told.push(text),
  })
  const wait = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      await turn()
    }
  }
  ramps.update()
  return { clock, proxies, shares, told, mesh, ramps, wait }
}

test('Ramps go through the steps as answers are good, and tell of each', async () => {
  const { proxies, shares, told, ramps, wait, clock } = scene()
  proxies.set('a', { requests: 1000, errors: 900 })
  await wait(1)
  proxies.set('a', { requests: 1030, errors: 900 })
  await wait(1)
  proxies.set('b', { requests: 30, errors: 1 }) // a proxy that is new
  await wait(1)
  assert.deepEqual(shares, [10, 25])
  assert.deepEqual(told, [
    'reviews v2: 0 % -> 10 %, step 1 of 2',
    'reviews v2: 10 % -> 25 %, step 2 of 2',
    'reviews v2: done, at 25 %',
  ])
  assert.deepEqual([ramps.status[0]?.phase, clock.waiting], ['done', 0])
})

test('Ramps roll back when too much fails', async () => {
  const { proxies, shares, told, ramps, wait } = scene()
  proxies.set('a', { requests: 0, errors: 0 })
  await wait(1)
  proxies.set('a', { requests: 28, errors: 2 })
  await wait(1)
  assert.deepEqual(shares, [10, 0])
  assert.equal(told.at(-1), 'reviews v2: stopped at 10 % and back to 0 %: 7.1 % errors, limit 5 %')
  assert.deepEqual(ramps.status[0], {
    resource: reviews.resource,
    destination: 'reviews v2',
    percent: 0,
    step: 1,
    steps: 2,
    phase: 'rolled back',
    reason: '7.1 % errors, limit 5 %',
    requests: 28,
    errors: 2,
  })
})

test('Ramps count on when a proxy starts again, or does not answer for a while', async () => {
  const { proxies, told, wait } = scene()
  proxies.set('a', { requests: 500, errors: 0 })
  await wait(1)
  proxies.delete('a')
  await wait(1)
  proxies.set('a', { requests: 20, errors: 20 })
  await wait(1)
  assert.match(told.at(-1) ?? '', /100 % errors/)
})

test('Ramps go on beside other changes, begin anew when the rule is edited, and end with it', async () => {
  const { shares, mesh, ramps, wait, clock } = scene({ counted: false })
  await wait(1)
  ramps.update()
  await wait(1)
  assert.deepEqual(shares, [10, 25])
  mesh.plans = [{ ...reviews, identity: '2' }]
  ramps.update()
  assert.deepEqual(shares, [10, 25, 10])
  mesh.plans = []
  ramps.update()
  assert.deepEqual([ramps.status, clock.waiting, shares.at(-1)], [[], 0, undefined])
})

test('Ramps wait until they may begin', async () => {
  const clock = new ManualClock()
  let mayBegin = false
  const told: string[] = []
  const ramps = new Ramps({
    clock,
    plans: () => [reviews],
    mayBegin: () => mayBegin,
    count: undefined,
    apply() {},
    tell: text => told.push(text),
  })
  ramps.update()
  clock.advance(1000)
  await turn()
  assert.deepEqual(told, [])
  mayBegin = true
  clock.advance(1000)
  await turn()
  assert.deepEqual(told, ['reviews v2: 0 % -> 10 %, step 1 of 2'])
  ramps.close()
  assert.equal(clock.waiting, 0)
})
