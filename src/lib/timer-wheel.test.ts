import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Timer, TimerWheel } from './timer-wheel.ts'

/** A clock that a test turns by hand; it wakes the wheel exactly when asked to, never in between. */
class HandClock {
  time = 1_000_003
  wakeups = 0
  #at = Number.POSITIVE_INFINITY
  #wheel: TimerWheel | undefined

  now(): number {
    return this.time
  }

  wake(ms: number, wheel: TimerWheel): void {
    this.#at = this.time + ms
    this.#wheel = wheel
  }

  turn(ms: number): void {
    const end = this.time + ms
    while (this.#at <= end) {
      this.time = this.#at
      this.#at = Number.POSITIVE_INFINITY
      this.wakeups++
      this.#wheel?.advance()
    }
    this.time = end
  }
}

function setUp() {
  const clock = new HandClock()
  const wheel = new TimerWheel(clock)
  const fired: { kind: string; at: number }[] = []
  const owner = {
    onTimer(timer: Timer) {
      fired.push({ kind: timer.kind, at: clock.time })
    },
  }
  return { clock, wheel, owner, fired }
}

test('TimerWheel fires neither early nor more than a tick late, near and far', () => {
  const { clock, wheel, owner, fired } = setUp()
  const begin = clock.time
  const delays = [0, 1, 7, 8, 100, 999, 1000, 1024, 1500, 5000, 64_000, 66_000, 70_000, 3_600_000]
  for (const ms of delays) wheel.start(new Timer(owner, String(ms)), ms)
  clock.turn(3_700_000)
  assert.deepEqual(
    fired.map(f => Number(f.kind)),
    delays,
  )
  for (const { kind, at } of fired) {
    const late = at - begin - Number(kind)
    assert.ok(late >= 0 && late <= 9, `${kind} ms fired ${late} ms late`)
  }
  assert.equal(wheel.size, 0)
})

test('TimerWheel.stop() keeps a timer from firing, and start() again moves it', () => {
  const { clock, wheel, owner, fired } = setUp()
  const stopped = new Timer(owner, 'stopped')
  const moved = new Timer(owner, 'moved')
  wheel.start(stopped, 50)
  wheel.start(moved, 50)
  clock.turn(40)
  wheel.stop(stopped)
  wheel.start(moved, 2000)
  assert.equal(stopped.active, false)
  clock.turn(1900)
  assert.equal(fired.length, 0)
  clock.turn(200)
  assert.deepEqual(
    fired.map(f => f.kind),
    ['moved'],
  )
})

test('TimerWheel fires a timer that was started by a firing one', () => {
  const { clock, wheel } = setUp()
  let count = 0
  const owner = {
    onTimer(timer: Timer) {
      if (++count < 5) wheel.start(timer, 0)
    },
  }
  wheel.start(new Timer(owner, 'again'), 0)
  clock.turn(100)
  assert.equal(count, 5)
})

test('TimerWheel does not wake up more than once a second for distant timers, and not at all when empty', () => {
  const { clock, wheel, owner, fired } = setUp()
  const timer = new Timer(owner, 'hour')
  wheel.start(timer, 3_600_000)
  clock.turn(60_000)
  assert.ok(clock.wakeups <= 60, `${clock.wakeups} wake-ups`)
  wheel.stop(timer)
  clock.turn(10_000)
  const before = clock.wakeups
  clock.turn(60_000)
  assert.equal(clock.wakeups, before)
  assert.deepEqual(fired, [])
})

test('TimerWheel fires everything that became due while the event loop was away', () => {
  const { clock, wheel, owner, fired } = setUp()
  for (let ms = 10; ms < 5000; ms += 10) wheel.start(new Timer(owner, String(ms)), ms)
  clock.time += 10_000
  wheel.advance()
  assert.equal(fired.length, 499)
})
