import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  RateLimitResponse_Code as Code,
  RateLimitRequest,
  RateLimitResponse,
  RateLimitResponse_RateLimit_Unit as Unit,
} from '../../../xds/gen/envoy/service/ratelimit/v3/rls.ts'
import { encodeQuestion, readAnswer } from './limit-messages.ts'

test('encodeQuestion() sends domain and descriptors', () => {
  const entries = [{ key: 'limit', value: 'shop/all' }]
  const { domain, descriptors } = RateLimitRequest.decode(encodeQuestion('mizzen', [entries]))
  assert.equal(domain, 'mizzen')
  assert.deepEqual(
    descriptors.map(descriptor => descriptor.entries),
    [entries],
  )
})

test('readAnswer() tells of the limit with the least left, and of the policies of all', () => {
  const status = (requestsPerUnit: number, unit: Unit, name: string, limitRemaining: number) => ({
    currentLimit: { requestsPerUnit, unit, name },
    limitRemaining,
    durationUntilReset: { seconds: limitRemaining + 10, nanos: 0 },
  })
  const statuses = [status(100, Unit.HOUR, 'each', 7), status(10, Unit.SECOND, '', 3), { code: Code.OK }]
  const message = RateLimitResponse.fromPartial({ overallCode: Code.OVER_LIMIT, statuses })
  const { over, quota } = readAnswer(RateLimitResponse.encode(message).finish())
  assert.equal(over, true)
  assert.deepEqual(quota, { limit: '10, 100;w=3600;name="each", 10;w=1', remaining: 3, resetSeconds: 13 })
})

test('readAnswer() leaves out headers that would break out of their line', () => {
  const responseHeadersToAdd = [
    { key: 'X-Plan', value: 'free' },
    { key: 'x-bad', value: 'a\r\nx-more: b' },
  ]
  const message = RateLimitResponse.fromPartial({ overallCode: Code.OK, responseHeadersToAdd })
  assert.deepEqual(readAnswer(RateLimitResponse.encode(message).finish()).responseHeaders, [['x-plan', 'free']])
})
