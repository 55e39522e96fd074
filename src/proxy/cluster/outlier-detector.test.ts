import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { OutlierDetection } from '../../xds/gen/envoy/config/cluster/v3/outlier_detection.ts'
import { OutlierDetector, OutlierStats } from './outlier-detector.ts'
import { outlierSettings } from './outlier-settings.ts'

const RATE_ALONE = { consecutive5xx: 0, enforcingSuccessRate: 0, maxEjectionPercent: 100 }

class TestHost {
  ejected = false
  setEjected(ejected: boolean): void {
    this.ejected = ejected
  }
}

function setUp(more: Partial<OutlierDetection>, hostCount: number, random = () => 0) {
  const message = OutlierDetection.fromPartial({ consecutive5xx: 3, maxEjectionPercent: 50 })
  const settings = outlierSettings({ ...message, ...more })
  assert(settings)
  const clock = new ManualClock()
  const stats = new OutlierStats()
  const hosts = Array.from({ length: hostCount }, () => new TestHost())
  const detector = new OutlierDetector({ settings, stats, clock, random, hostCount: () => hostCount })
  const [first = new TestHost(), second = new TestHost()] = hosts
  return { detector, stats, clock, first, second, hosts }
}

test('report() ejects after so many 5xx in a row, and not when a success comes between', () => {
  const { detector, stats, first, second } = setUp({}, 4)
  for (const status of [500, 503, 200, 500, 500]) detector.report(first, status, 'response')
  assert.equal(first.ejected, false)
  detector.report(first, 500, 'response')
  assert.equal(first.ejected, true)
  assert.equal(second.ejected, false)
  assert.equal(stats.ejections_active, 1)
  assert.equal(stats.ejections_enforced_consecutive_5xx, 1)
})

test('report() counts failures to connect, resets and timeouts as 5xx', () => {
  const { detector, first } = setUp({}, 2)
  detector.report(first, 0, 'connect-failure')
  detector.report(first, 0, 'reset')
  assert.equal(first.ejected, false)
  detector.report(first, 0, 'per-try-timeout')
  assert.equal(first.ejected, true)
})

test('report() keeps local failures apart when told to split them', () => {
  const { detector, stats, first } = setUp({ splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailure: 2 }, 2)
  detector.report(first, 0, 'connect-failure')
  detector.report(first, 500, 'response')
  detector.report(first, 500, 'response')
  assert.equal(first.ejected, false)
  detector.report(first, 0, 'reset')
  assert.equal(first.ejected, true)
  assert.equal(stats.ejections_enforced_consecutive_local_origin_failure, 1)
})

test('report() ejects by gateway failures only when they are enforced', () => {
  const detected = setUp({ consecutive5xx: 100, consecutiveGatewayFailure: 2 }, 2)
  for (let i = 0; i < 2; i++) detected.detector.report(detected.first, 502, 'response')
  assert.equal(detected.first.ejected, false)
  assert.equal(detected.stats.ejections_detected_consecutive_gateway_failure, 1)
  const enforced = setUp({ consecutive5xx: 100, consecutiveGatewayFailure: 2, enforcingConsecutiveGatewayFailure: 100 }, 2)
  for (const status of [502, 500, 503, 504]) enforced.detector.report(enforced.first, status, 'response')
  assert.equal(enforced.first.ejected, true)
})

test('report() never ejects more than the percentage allows, unless one always may be', () => {
  // As Envoy 1.40 counts: the host about to be ejected is among the share.
  const few = setUp({ maxEjectionPercent: 10 }, 4)
  for (let i = 0; i < 6; i++) few.detector.report(few.first, 500, 'response')
  assert.equal(few.first.ejected, false)
  assert.equal(few.stats.ejections_overflow, 2)
  const always = setUp({ maxEjectionPercent: 10, alwaysEjectOneHost: true }, 4)
  for (let i = 0; i < 3; i++) always.detector.report(always.first, 500, 'response')
  for (let i = 0; i < 3; i++) always.detector.report(always.second, 500, 'response')
  assert.deepEqual([always.first.ejected, always.second.ejected], [true, false])
})

test('an ejection lasts longer each time, up to the maximum, and is forgiven again', () => {
  const { detector, clock, first } = setUp(
    { baseEjectionTime: { seconds: 30, nanos: 0 }, maxEjectionTime: { seconds: 50, nanos: 0 } },
    2,
  )
  const eject = () => {
    for (let i = 0; i < 3; i++) detector.report(first, 500, 'response')
    assert.equal(first.ejected, true)
  }
  eject()
  clock.advance(29_000)
  assert.equal(first.ejected, true)
  clock.advance(1_000)
  assert.equal(first.ejected, false)
  eject()
  clock.advance(40_000)
  assert.equal(first.ejected, true)
  clock.advance(10_000)
  assert.equal(first.ejected, false)
  clock.advance(60_000)
  assert.equal(clock.waiting, 0)
  eject()
  clock.advance(30_000)
  assert.equal(first.ejected, false)
})

test('report() enforces only the configured share of what it detects', () => {
  const { detector, stats, first } = setUp({ enforcingConsecutive5xx: 40 }, 2, () => 0.5)
  for (let i = 0; i < 3; i++) detector.report(first, 500, 'response')
  assert.equal(first.ejected, false)
  assert.equal(stats.ejections_detected_consecutive_5xx, 1)
})

test('stop() lets ejected hosts in again and leaves no timer', () => {
  const { detector, stats, clock, first } = setUp({}, 2)
  for (let i = 0; i < 3; i++) detector.report(first, 500, 'response')
  detector.stop()
  assert.equal(first.ejected, false)
  assert.equal(stats.ejections_active, 0)
  assert.equal(clock.waiting, 0)
})

/** One interval: each host gets its percentage of 100 requests answered well. */
function interval({ detector, clock, hosts }: ReturnType<typeof setUp>, percentages: readonly number[]): boolean[] {
  percentages.forEach((percentage, i) => {
    const host = hosts[i] ?? assert.fail()
    for (let request = 0; request < 100; request++) detector.report(host, request < percentage ? 200 : 500, 'response')
  })
  clock.advance(10_000)
  return hosts.map(host => host.ejected)
}

test('failure percentage: hosts at or above the limit are ejected at the end of the interval', () => {
  const test = setUp(
    { ...RATE_ALONE, enforcingFailurePercentage: 100, failurePercentageThreshold: 40, failurePercentageMinimumHosts: 3 },
    3,
  )
  assert.deepEqual(interval(test, [100, 61, 60]), [false, false, true])
  assert.equal(test.stats.ejections_detected_failure_percentage, 1)
  assert.equal(test.stats.ejections_enforced_failure_percentage, 1)
})

test('failure percentage: nobody is judged by too few hosts or too few requests, nor by what an earlier interval saw', () => {
  const rule = { ...RATE_ALONE, enforcingFailurePercentage: 100, failurePercentageThreshold: 10 }
  const hosts = setUp({ ...rule, failurePercentageMinimumHosts: 3 }, 2)
  assert.deepEqual(interval(hosts, [0, 0]), [false, false])
  const requests = setUp({ ...rule, failurePercentageMinimumHosts: 1, failurePercentageRequestVolume: 150 }, 2)
  assert.deepEqual(interval(requests, [0, 0]), [false, false])
  assert.deepEqual(interval(requests, [0, 0]), [false, false])
})

test('success rate: a host far below the others is ejected, and a pair of equals is not', () => {
  const rule = { consecutive5xx: 0, maxEjectionPercent: 100, successRateMinimumHosts: 5 }
  assert.deepEqual(interval(setUp(rule, 5), [100, 99, 98, 100, 50]), [false, false, false, false, true])
  assert.deepEqual(interval(setUp(rule, 5), [50, 50, 50, 50, 50]), [false, false, false, false, false])
})

test('rates: the timer stops when requests do', () => {
  const test = setUp({ ...RATE_ALONE, enforcingFailurePercentage: 100 }, 2)
  interval(test, [100, 100])
  test.clock.advance(10_000)
  assert.equal(test.clock.waiting, 0)
})
