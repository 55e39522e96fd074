import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '../../../lib/clock.ts'
import { Prober, type ProbeTiming } from './prober.ts'

/** A probe over scripted answers; `events` tells when each question was asked and what came of it, in seconds. */
function probe(timing: ProbeTiming, answer: (second: number) => string | undefined) {
  const clock = new ManualClock()
  const events: string[] = []
  const asked: number[] = []
  const prober = new Prober({
    timing,
    clock,
    check: async () => {
      asked.push(clock.now() / 1000)
      return answer(clock.now() / 1000)
    },
    onSuccess: () => events.push(`${clock.now() / 1000} success`),
    onFailure: reason => events.push(`${clock.now() / 1000} failure: ${reason}`),
  })
  const until = async (second: number) => {
    clock.advance(0)
    await turn()
    while (clock.now() < second * 1000) {
      clock.advance(10)
      await turn()
    }
  }
  return { prober, events, asked, until, clock }
}

test('Prober asks early until the first success, then once a period', async () => {
  const { asked, events, until } = probe({ periodSeconds: 2 }, second => (second < 0.3 ? 'not yet' : undefined))
  await until(5)
  assert.deepEqual(asked, [0, 0.05, 0.15, 0.35, 2.35, 4.35])
  assert.deepEqual(events, ['0.35 success'])
})

test('Prober waits for the initial delay', async () => {
  const { asked, until } = probe({ initialDelaySeconds: 3, periodSeconds: 10 }, () => undefined)
  await until(5)
  assert.deepEqual(asked, [3])
})

test('Prober counts early failures once a period', async () => {
  const { events, until } = probe({ periodSeconds: 2, failureThreshold: 3 }, () => 'connection refused')
  await until(12)
  assert.equal(events.length, 1)
  const [at = '', what = ''] = events[0]?.split(/ (.*)/) ?? []
  assert.equal(what, 'failure: connection refused')
  assert.ok(Number(at) >= 4 && Number(at) < 9, `three periods, was ${at} s`)
})

test('Prober tells of a failure after failureThreshold in a row and of the recovery after successThreshold', async () => {
  const bad = (second: number) => second >= 3 && second <= 6
  const { events, until } = probe({ periodSeconds: 1, failureThreshold: 3, successThreshold: 2 }, second =>
    bad(second) ? 'down' : undefined,
  )
  await until(12)
  assert.deepEqual(events, ['1 success', '5 failure: down', '8 success'])
})

test('Prober.stop() ends the questions, also from within an answer', async () => {
  const { prober, asked, events, until, clock } = probe({ periodSeconds: 1 }, () => {
    prober.stop()
    return undefined
  })
  await until(5)
  assert.deepEqual([asked.length, events, clock.waiting], [1, [], 0])
})
