/** What an API server's word on a token is worth. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { TokenReviews } from './token-reviews.ts'

const GOOD = {
  authenticated: true,
  audiences: ['istio-ca'],
  user: { username: 'system:serviceaccount:shop:cart', extra: { 'authentication.kubernetes.io/pod-name': ['cart-0'] } },
}

function world(status: unknown) {
  const clock = new ManualClock(1000)
  let asked = 0
  const review = async () => {
    asked++
    return status
  }
  return { clock, reviews: new TokenReviews({ review, clock, trustDomain: 'cluster.local' }), asked: () => asked }
}

test('verify() knows the service account and the pod, and asks again only after a while', async () => {
  const { clock, reviews, asked } = world(GOOD)
  const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
  assert.deepEqual(await reviews.verify('t'), { identity, issuer: 'TokenReview', pod: 'cart-0', single: undefined })
  await reviews.verify('t')
  assert.equal(asked(), 1)
  clock.advance(11_000)
  await reviews.verify('t')
  assert.equal(asked(), 2)
})

for (const [what, status, reason] of [
  ['is not authenticated', { authenticated: false, error: 'token has expired' }, /token has expired/],
  ['is for another audience', { ...GOOD, audiences: ['vault'] }, /not for the audience "istio-ca"/],
  ['was judged by a server that knows no audiences', { ...GOOD, audiences: undefined }, /not for the audience/],
  ['is a user’s', { ...GOOD, user: { username: 'admin' } }, /no service account/],
] as const)
  test(`verify() refuses a token that ${what}`, async () => {
    await assert.rejects(world(status).reviews.verify('t'), reason)
  })
