import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../../cluster/cluster.ts'
import { HeaderList } from '../../http/headers.ts'
import type { RetryPolicy } from '../../route/decision.ts'
import { RetryState } from './retry-state.ts'

/** A cluster that has room for so many retries; nothing else of it is asked. */
class Room implements Cluster {
  readonly name = 'room'
  readonly metadata = {}
  free: number

  constructor(free: number) {
    this.free = free
  }

  acquireRetry(): boolean {
    if (this.free === 0) return false
    this.free--
    return true
  }

  releaseRetry(): void {
    this.free++
  }

  pick(): undefined {}
  report(): void {}
  chargeResponse(): void {}
  open(): never {
    throw new Error('not asked here')
  }
  connect(): never {
    throw new Error('not asked here')
  }
}

const policy: RetryPolicy = {
  conditions: ['5xx'],
  appliesTo: () => true,
  maxRetries: 2,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  avoidPreviousHosts: false,
  previousPrioritiesFrequency: 0,
  hostSelectionAttempts: 1,
  backoffMs: attempt => attempt * 10,
  rateLimitedBackoffMs: headers => (headers.has('retry-after') ? 500 : undefined),
  retryOnResponse: () => true,
  retryOnReset: () => true,
  retryOnTimeout: true,
}

test('RetryState.next() waits longer each time, then says the limit is reached', () => {
  const state = new RetryState(policy, new Room(9), 'default')
  assert.deepEqual(
    [1, 2, 3].map(() => state.next(Math.random, undefined)),
    [10, 20, 'limit'],
  )
})

test('RetryState.next() waits as long as the response says', () => {
  const state = new RetryState(policy, new Room(9), 'default')
  assert.equal(state.next(Math.random, new HeaderList(['retry-after', '1'])), 500)
})

test('RetryState.next() holds one place among the cluster’s retries, and gives it back', () => {
  const room = new Room(1)
  const first = new RetryState(policy, room, 'default')
  const second = new RetryState(policy, room, 'default')
  assert.equal(first.next(Math.random, undefined), 10)
  assert.equal(second.next(Math.random, undefined), 'overflow')
  assert.equal(first.next(Math.random, undefined), 20)
  first.end()
  first.end()
  assert.equal(room.free, 1)
})

test('RetryState.next() refuses when the request can not be sent again', () => {
  const state = new RetryState(policy, new Room(1), 'default')
  state.giveUp()
  assert.equal(state.next(Math.random, undefined), 'given-up')
})
