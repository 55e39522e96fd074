import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { HealthCheck } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { HostHealth } from './host-health.ts'
import { readHealthChecks } from './settings.ts'
import { HealthStats } from './stats.ts'
import { HEALTHY, ILL, UNREACHABLE, type Verdict } from './verdict.ts'

const seconds = (seconds: number) => ({ seconds, nanos: 0 })

function setUp(more: Partial<HealthCheck> = {}, random = () => 0, traffic = true) {
  const message = HealthCheck.fromPartial({
    interval: seconds(10),
    timeout: seconds(2),
    healthyThreshold: 2,
    unhealthyThreshold: 3,
    healthChecker: { $case: 'httpHealthCheck', value: { path: '/' } },
  })
  const settings = readHealthChecks([{ ...message, ...more }], 'shop', false)
  assert(settings)
  const clock = new ManualClock()
  const stats = new HealthStats()
  const host = {
    failedCheck: true,
    degradedCheck: false,
    timedOut: false,
    setChecked(state: { failed: boolean; degraded: boolean; timedOut: boolean }) {
      host.failedCheck = state.failed
      host.degradedCheck = state.degraded
      host.timedOut = state.timedOut
    },
  }
  let waiting: ((verdict: Verdict) => void) | undefined
  let cancelled = 0
  const prober = {
    check(done: (verdict: Verdict) => void) {
      waiting = done
      return () => void cancelled++
    },
    close() {},
  }
  const health = new HostHealth(host, prober, { settings, stats, clock, random, hasTraffic: () => traffic, onChecked() {} })
  health.start()
  /** Ends the check under way. */
  const answer = (verdict: Verdict) => {
    const done = waiting
    assert(done, 'no check is under way')
    waiting = undefined
    done(verdict)
  }
  /** Milliseconds until the next check begins. */
  const untilNext = () => {
    const from = clock.now()
    for (const attempts = stats.attempt; stats.attempt === attempts; ) {
      assert(clock.now() - from < 120_000, 'no check within two minutes')
      clock.advance(1)
    }
    return clock.now() - from
  }
  return { host, health, stats, clock, answer, untilNext, cancelled: () => cancelled }
}

test('the first check that passes makes a host healthy at once, whatever the threshold', () => {
  const { host, health, stats, answer } = setUp()
  assert.equal(health.unknown, true)
  answer(HEALTHY)
  assert.equal(host.failedCheck, false)
  assert.equal(health.unknown, false)
  assert.deepEqual([stats.attempt, stats.success, stats.healthy], [1, 1, 1])
})

test('a host that failed its first check needs as many passes as the threshold says', () => {
  const { host, answer, untilNext } = setUp()
  answer(UNREACHABLE)
  untilNext()
  answer(HEALTHY)
  assert.equal(host.failedCheck, true)
  untilNext()
  answer(HEALTHY)
  assert.equal(host.failedCheck, false)
})

test('a host becomes unhealthy after so many failures in a row to reach it', () => {
  const { host, stats, answer, untilNext } = setUp()
  answer(HEALTHY)
  for (const verdict of [UNREACHABLE, UNREACHABLE, HEALTHY, UNREACHABLE, UNREACHABLE]) {
    untilNext()
    answer(verdict)
    assert.equal(host.failedCheck, false)
  }
  untilNext()
  answer(UNREACHABLE)
  assert.equal(host.failedCheck, true)
  assert.deepEqual([stats.healthy, stats.failure, stats.network_failure], [0, 5, 5])
})

test('an answer that says the host is ill counts at once, unless it may be tried again', () => {
  const first = setUp()
  first.answer(HEALTHY)
  first.untilNext()
  first.answer(ILL)
  assert.equal(first.host.failedCheck, true)
  assert.equal(first.stats.network_failure, 0)

  const second = setUp()
  second.answer(HEALTHY)
  second.untilNext()
  second.answer({ passed: false, network: false, retriable: true })
  assert.equal(second.host.failedCheck, false)
})

test('a check without an answer fails after the timeout and is cancelled', () => {
  const { host, stats, clock, cancelled } = setUp({ unhealthyThreshold: 1 })
  clock.advance(1999)
  assert.equal(stats.failure, 0)
  clock.advance(1)
  assert.deepEqual([stats.failure, stats.network_failure, cancelled()], [1, 1, 1])
  assert.equal(host.timedOut, true)
})

test('intervals: edges while a change is pending, else by the result', () => {
  const { answer, untilNext } = setUp({
    unhealthyInterval: seconds(20),
    unhealthyEdgeInterval: seconds(1),
    healthyEdgeInterval: seconds(2),
  })
  const after = (verdict: Verdict) => {
    answer(verdict)
    return untilNext()
  }
  assert.equal(after(HEALTHY), 10_000)
  assert.equal(after(UNREACHABLE), 1000)
  assert.equal(after(UNREACHABLE), 1000)
  assert.equal(after(UNREACHABLE), 20_000)
  assert.equal(after(UNREACHABLE), 20_000)
  assert.equal(after(HEALTHY), 2000)
  assert.equal(after(HEALTHY), 10_000)
})

test('intervals: without traffic once a minute, or as configured', () => {
  const slow = setUp({}, () => 0, false)
  slow.answer(HEALTHY)
  assert.equal(slow.untilNext(), 60_000)
  const more = { noTrafficInterval: seconds(5), noTrafficHealthyInterval: seconds(30) }
  const configured = setUp(more, () => 0, false)
  configured.answer(HEALTHY)
  assert.equal(configured.untilNext(), 30_000)
  configured.answer(UNREACHABLE)
  assert.equal(configured.untilNext(), 5000)
})

test('jitter: of the first check, of intervals in milliseconds and in percent', () => {
  const { stats, clock, answer, untilNext } = setUp(
    { initialJitter: seconds(4), intervalJitter: seconds(2), intervalJitterPercent: 20 },
    () => 0.5,
  )
  assert.equal(stats.attempt, 0)
  clock.advance(2000)
  assert.equal(stats.attempt, 1)
  answer(HEALTHY)
  assert.equal(untilNext(), 12_000)
})

test('a degraded host is counted, until it is no more', () => {
  const { host, stats, answer, untilNext } = setUp()
  answer({ passed: true, degraded: true })
  assert.deepEqual([host.failedCheck, host.degradedCheck, stats.degraded], [false, true, 1])
  untilNext()
  answer(HEALTHY)
  assert.deepEqual([host.degradedCheck, stats.degraded], [false, 0])
})

test('stop() ends checks and takes the host out of the numbers', () => {
  const { health, stats, clock, answer, untilNext, cancelled } = setUp()
  answer(HEALTHY)
  untilNext()
  health.stop()
  assert.equal(cancelled(), 1)
  assert.equal(stats.healthy, 0)
  assert.equal(clock.waiting, 0)
})
