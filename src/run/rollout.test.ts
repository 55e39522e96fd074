import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'
import { Rollouts } from './rollout.ts'

const exchange = { stream: '1', type: 'type.googleapis.com/envoy.config.cluster.v3.Cluster', nonce: 'n' }
const sent = (node: string): ServerEvent => ({ kind: 'sent', node, ...exchange, version: 'v', changes: 1, bytes: 1 })
const acked = (node: string): ServerEvent => ({ kind: 'acked', node, ...exchange })
const nacked = (node: string): ServerEvent => ({ kind: 'nacked', node, ...exchange, detail: 'no', resources: ['x'] })

/** A server whose proxies have answered everything, or not. */
function scene() {
  const clock = new ManualClock(1000)
  let isSettled = true
  const server = { status: () => [{ types: [{ state: isSettled ? ('SYNCED' as const) : ('STALE' as const) }] }] }
  const rollouts = new Rollouts(clock, () => server)
  return {
    clock,
    rollouts,
    settle: (now: boolean) => {
      isSettled = now
    },
  }
}

test('Rollouts.begin() ends when every proxy that was sent something has acknowledged, and tells how long it took', async () => {
  const { clock, rollouts, settle } = scene()
  const result = rollouts.begin(940)
  settle(false)
  rollouts.onEvent(sent('a'))
  rollouts.onEvent(sent('b'))
  clock.advance(50)
  rollouts.onEvent(acked('a'))
  clock.advance(50)
  rollouts.onEvent(acked('b'))
  settle(true)
  clock.advance(30)
  assert.deepEqual(await result, { proxies: ['a', 'b'], refused: [], tookMs: 160, complete: true })
  assert.equal(clock.waiting, 0)
})

test('Rollouts.begin() ends soon when the change concerns no proxy', async () => {
  const { clock, rollouts } = scene()
  const result = rollouts.begin(1000)
  clock.advance(300)
  assert.deepEqual((await result).proxies, [])
})

test('Rollouts.begin() names proxies that refused, and gives up on those that do not answer', async () => {
  const { clock, rollouts, settle } = scene()
  const result = rollouts.begin(1000)
  settle(false)
  rollouts.onEvent(sent('a'))
  rollouts.onEvent(nacked('a'))
  rollouts.onEvent(sent('deaf'))
  clock.advance(11_000)
  const { refused, complete } = await result
  assert.deepEqual([refused, complete], [['a'], false])
})

test('Rollouts.settled() waits until nothing is on its way, but not for ever', async () => {
  const { clock, rollouts, settle } = scene()
  settle(false)
  let done = false
  const waiting = rollouts.settled(1000).then(() => {
    done = true
  })
  clock.advance(900)
  assert.equal(done, false)
  clock.advance(200)
  await waiting
  settle(true)
  const soon = rollouts.settled(1000)
  clock.advance(40)
  await soon
})
