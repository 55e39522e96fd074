import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'

test('ManualClock.advance() runs what falls due in order, also what that starts, and nothing cancelled', () => {
  const clock = new ManualClock(1000)
  const ran: string[] = []
  clock.after(20, () => ran.push(`late at ${clock.now()}`))
  clock.after(10, () => {
    ran.push(`early at ${clock.now()}`)
    clock.after(5, () => ran.push(`nested at ${clock.now()}`))
  })
  clock.after(10, () => ran.push('cancelled'))()
  clock.after(31, () => ran.push('not yet'))
  clock.advance(30)
  assert.deepEqual(ran, ['early at 1010', 'nested at 1015', 'late at 1020'])
  assert.equal(clock.now(), 1030)
  assert.equal(clock.waiting, 1)
})
