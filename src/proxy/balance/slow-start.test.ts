import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { Cluster, Cluster_SlowStartConfig } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { compileBalancing } from './build.ts'
import type { Host, PickContext } from './host.ts'
import { readSlowStart, shareOf } from './slow-start.ts'

const PICK: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  authority: '',
}

function cluster(more: Partial<Cluster_SlowStartConfig> = {}): Cluster {
  const slowStartConfig = { ...Cluster_SlowStartConfig.fromPartial({ slowStartWindow: { seconds: 60, nanos: 0 } }), ...more }
  return { ...Cluster.fromPartial({ name: 'shop' }), lbConfig: { $case: 'roundRobinLbConfig', value: { slowStartConfig } } }
}

function host(port: number, since: number): Host {
  const address = `10.0.0.1:${port}`
  const place = { ip: '10.0.0.1', port, hostname: address, priority: 0, locality: '', localityWeight: 0, labels: new Map() }
  return { address, ...place, weight: 1, healthy: true, active: 0, since }
}

/** Numbers that look random and are the same every time. */
function numbers(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

test('a new host gets its least share first, then more, then all of it', () => {
  const clock = new ManualClock(1_000_000)
  const old = host(1, 0)
  const fresh = host(2, clock.now())
  const balancer = compileBalancing(cluster(), numbers(), () => clock.now())([old, fresh])
  const share = () => {
    let picked = 0
    for (let i = 0; i < 2000; i++) if (balancer.pick(PICK) === fresh) picked++
    return picked / 2000
  }
  // Beside a host of weight 1: 0.1 of 1.1, 0.5 of 1.5, half.
  assert(Math.abs(share() - 0.091) < 0.03)
  clock.advance(30_000)
  assert(Math.abs(share() - 0.333) < 0.04)
  clock.advance(30_000)
  assert.equal(share(), 0.5)
})

test('shareOf() grows faster at first with more aggression, and never falls under the minimum', () => {
  const even = { windowMs: 100, aggression: 1, minimum: 0.2 }
  assert.deepEqual(
    [0, 10, 50, 100].map(at => shareOf(host(1, 0), even, at)),
    [0.2, 0.2, 0.5, 1],
  )
  assert.equal(shareOf(host(1, 0), { ...even, aggression: 2 }, 25), 0.5)
})

test('readSlowStart() takes Envoy’s defaults, and refuses what makes no sense', () => {
  assert.deepEqual(readSlowStart(cluster()), { windowMs: 60_000, aggression: 1, minimum: 0.1 })
  assert.equal(readSlowStart(Cluster.fromPartial({ name: 'shop' })), undefined)
  const backwards = { aggression: { defaultValue: -1, runtimeKey: '' } }
  assert.throws(() => readSlowStart(cluster(backwards)), /aggression is -1/)
})
