import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/clock.ts'
import { type BucketRates, BucketSet } from './bucket-set.ts'
import { readBucketRate, TokenBucket } from './token-bucket.ts'

const rate = (requests: number, burst = requests) => ({ requests, perMs: 1000, burst })
const of = (...values: string[]) => values.map((value, i) => ({ key: `k${i}`, value }))
const rates = (given: Partial<BucketRates>): BucketRates => ({
  general: undefined,
  descriptors: [],
  alwaysGeneral: true,
  mostOpen: 20,
  ...given,
})

test('TokenBucket.take() allows a burst, then as much as flows in', () => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(rate(2, 3))
  const take = () => bucket.take(clock.now())
  assert.deepEqual(
    [take(), take(), take()].map(({ allowed, remaining }) => [allowed, remaining]),
    [
      [true, 2],
      [true, 1],
      [true, 0],
    ],
  )
  assert.deepEqual(take(), { allowed: false, rate: rate(2, 3), remaining: 0, waitMs: 500 })
  clock.advance(500)
  assert.equal(take().allowed, true)
  assert.equal(take().allowed, false)
  clock.advance(60_000)
  assert.equal(take().remaining, 2)
})

test('TokenBucket.peek() takes nothing', () => {
  const bucket = new TokenBucket(rate(1))
  assert.deepEqual(bucket.peek(0), bucket.peek(0))
  assert.equal(bucket.take(0).allowed, true)
  assert.equal(bucket.peek(0).allowed, false)
})

test('readBucketRate() refuses what Envoy refuses', () => {
  const fillInterval = { seconds: 1, nanos: 0 }
  assert.deepEqual(readBucketRate({ maxTokens: 5, tokensPerFill: undefined, fillInterval }), {
    requests: 1,
    perMs: 1000,
    burst: 5,
  })
  assert.throws(() => readBucketRate({ maxTokens: 0, tokensPerFill: 1, fillInterval }), /max_tokens/)
  assert.throws(() => readBucketRate({ maxTokens: 1, tokensPerFill: 0, fillInterval }), /tokens_per_fill/)
  assert.throws(() => readBucketRate({ maxTokens: 1, tokensPerFill: 1, fillInterval: undefined }), /fill_interval/)
})

test('BucketSet.take() has a bucket for each set of values that a descriptor leaves open', () => {
  const set = new BucketSet(rates({ descriptors: [{ entries: of('a', ''), rate: rate(1) }] }))
  assert.equal(set.take([of('a', 'x')], 0)?.allowed, true)
  assert.equal(set.take([of('a', 'x')], 0)?.allowed, false)
  assert.equal(set.take([of('a', 'y')], 0)?.allowed, true)
  assert.equal(set.take([of('b', 'x')], 0), undefined)
  assert.equal(set.take([of('a')], 0), undefined)
})

test('BucketSet.take() prefers a descriptor that names the value', () => {
  const set = new BucketSet(
    rates({
      descriptors: [
        { entries: of(''), rate: rate(1) },
        { entries: of('vip'), rate: rate(9) },
      ],
    }),
  )
  assert.equal(set.take([of('vip')], 0)?.rate.burst, 9)
  assert.equal(set.take([of('other')], 0)?.rate.burst, 1)
})

test('BucketSet.take() forgets the caller that was away longest when there are too many', () => {
  const set = new BucketSet(rates({ descriptors: [{ entries: of(''), rate: rate(1) }], mostOpen: 2 }))
  for (const who of ['a', 'b', 'a', 'c']) set.take([of(who)], 0)
  assert.equal(set.peek([of('a')], 0)?.allowed, false)
  assert.equal(set.peek([of('b')], 0)?.allowed, true, 'b begins anew')
})

test('BucketSet.take() counts in general too, unless told otherwise', () => {
  const descriptors = [{ entries: of('a'), rate: rate(5) }]
  const always = new BucketSet(rates({ general: rate(1), descriptors }))
  assert.equal(always.take([of('a')], 0)?.allowed, true)
  assert.deepEqual(always.take([of('a')], 0), { allowed: false, rate: rate(1), remaining: 0, waitMs: 1000 })
  const apart = new BucketSet(rates({ general: rate(1), descriptors, alwaysGeneral: false }))
  for (let i = 0; i < 5; i++) assert.equal(apart.take([of('a')], 0)?.allowed, true)
  assert.equal(apart.take([], 0)?.rate.burst, 1)
})

test('BucketSet.take() asks the slowest bucket first, which spares the others', () => {
  const set = new BucketSet(
    rates({
      descriptors: [
        { entries: of('fast'), rate: rate(100) },
        { entries: of('slow'), rate: rate(1) },
      ],
    }),
  )
  const both = [of('fast'), of('slow')]
  set.take(both, 0)
  assert.equal(set.take(both, 0)?.allowed, false)
  assert.equal(set.peek([of('fast')], 0)?.remaining, 98)
})
