import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RetryPolicy } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ResetReason } from '../http/stream.ts'
import { compileRetryPolicy, retryPolicyFor } from './retry-policy.ts'

const TYPE = 'envoy.config.route.v3.RetryPolicy'
const EXTENSIONS = 'type.googleapis.com/envoy.extensions.retry'

function policy(json: { [key: string]: JsonValue }) {
  const compiled = compileRetryPolicy(RetryPolicy.decode(jsonToBytes(TYPE, json)))
  assert.ok(compiled)
  return compiled
}

function request(headers: Record<string, string> = {}): RequestHead {
  return {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    headers: new HeaderList(Object.entries(headers).flat()),
    upgrade: undefined,
  }
}

/** Responses: test/oracle/retries.test.ts has them all, beside Envoy. */
const RESETS: readonly (readonly [retryOn: string, reason: ResetReason, sent: boolean, retried: boolean])[] = [
  ['5xx', 'connection-closed', true, true],
  ['gateway-error', 'remote-reset', true, true],
  ['reset', 'protocol-error', true, true],
  ['reset', 'overflow', false, false],
  ['5xx', 'overflow', false, false],
  ['connect-failure', 'connect-failure', false, true],
  ['connect-failure', 'connect-timeout', false, true],
  ['connect-failure', 'connection-closed', true, false],
  ['refused-stream', 'refused-stream', true, true],
  ['refused-stream', 'remote-reset', true, false],
  ['reset-before-request', 'connection-closed', false, true],
  ['reset-before-request', 'connection-closed', true, false],
  ['retriable-4xx', 'connection-closed', true, false],
]

for (const [retryOn, reason, sent, retried] of RESETS)
  test(`RetryPolicy.retryOnReset() is ${retried} when retry_on is ${retryOn} and the reason ${reason}, ${sent ? 'after' : 'before'} sending`, () => {
    assert.equal(policy({ retryOn }).retryOnReset(reason, false, sent), retried)
    assert.equal(policy({ retryOn }).retryOnReset(reason, true, sent), false, 'never after the response has begun')
  })

test('RetryPolicy.retryOnTimeout holds where a timeout counts as 5xx', () => {
  for (const [retryOn, expected] of [
    ['5xx', true],
    ['gateway-error', true],
    ['reset', true],
    ['connect-failure,retriable-4xx,unavailable', false],
  ] as const)
    assert.equal(policy({ retryOn }).retryOnTimeout, expected, retryOn)
})

test('RetryPolicy.backoffMs() doubles up to the maximum, with full jitter', () => {
  const highest = () => 0.999999
  const waits = (json: { [key: string]: JsonValue }) =>
    [1, 2, 3, 4, 5, 6].map(attempt => policy(json).backoffMs(attempt, highest))
  assert.deepEqual(waits({}), [24, 49, 99, 199, 249, 249])
  assert.deepEqual(waits({ retryBackOff: { baseInterval: '0.1s', maxInterval: '0.3s' } }), [99, 199, 299, 299, 299, 299])
  assert.equal(
    policy({}).backoffMs(3, () => 0),
    0,
  )
})

test('RetryPolicy.rateLimitedBackoffMs() waits as long as the response asks, and a little more', () => {
  const limited = policy({
    rateLimitedRetryBackOff: {
      resetHeaders: [{ name: 'Retry-After' }, { name: 'x-reset', format: 'UNIX_TIMESTAMP' }],
      maxInterval: '60s',
    },
  })
  const wait = (headers: string[], random = 0) => limited.rateLimitedBackoffMs(new HeaderList(headers), 1_000_000, () => random)
  assert.equal(wait(['retry-after', '2']), 2000)
  assert.equal(wait(['retry-after', '2'], 0.5), 2500)
  assert.equal(wait(['x-reset', '1010']), 10_000)
  assert.equal(wait(['retry-after', '61']), undefined, 'longer than max_interval')
  assert.equal(wait(['retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT']), undefined)
  assert.equal(wait([]), undefined)
})

test('compileRetryPolicy() reads counts, timeouts and plug-ins', () => {
  const read = policy({
    numRetries: 2,
    perTryTimeout: '0.25s',
    hostSelectionRetryMaxAttempts: '5',
    retryHostPredicate: [{ name: 'p', typedConfig: { '@type': `${EXTENSIONS}.host.previous_hosts.v3.PreviousHostsPredicate` } }],
    retryPriority: {
      name: 'q',
      typedConfig: { '@type': `${EXTENSIONS}.priority.previous_priorities.v3.PreviousPrioritiesConfig`, updateFrequency: 2 },
    },
  })
  assert.equal(read.maxRetries, 2)
  assert.equal(read.perTryTimeoutMs, 250)
  assert.equal(read.hostSelectionAttempts, 5)
  assert.equal(read.avoidPreviousHosts, true)
  assert.equal(read.previousPrioritiesFrequency, 2)
  const plain = policy({})
  assert.equal(plain.maxRetries, 1)
  assert.equal(plain.avoidPreviousHosts, false)
  assert.equal(compileRetryPolicy(undefined), undefined)
})

test('compileRetryPolicy() throws on plug-ins that are not known', () => {
  assert.throws(() => policy({ retryHostPredicate: [{ name: 'canary' }] }), /retry_host_predicate "canary" is not supported/)
  assert.throws(() => policy({ retryPriority: { name: 'p' } }), /retry_priority "p" is not supported/)
})

test('RetryPolicy.appliesTo() holds when one of retriable_request_headers matches', () => {
  const limited = policy({
    retriableRequestHeaders: [
      { name: ':method', stringMatch: { exact: 'POST' } },
      { name: 'x-idempotent', presentMatch: true },
    ],
  })
  assert.equal(limited.appliesTo(request()), false)
  assert.equal(limited.appliesTo(request({ 'x-idempotent': '1' })), true)
  assert.equal(limited.appliesTo({ ...request(), method: 'POST' }), true)
})

test('retryPolicyFor() lets a request ask for retries by itself, and takes its headers off', () => {
  const head = request({ 'x-envoy-retry-on': '5xx', 'x-envoy-max-retries': '3', 'x-keep': '1' })
  const asked = retryPolicyFor(head, undefined)
  assert.equal(asked?.maxRetries, 3)
  assert.equal(asked?.retryOnResponse(500, new HeaderList()), true)
  const left: string[] = []
  head.headers.forEach(name => {
    left.push(name)
  })
  assert.deepEqual(left, ['x-keep'])
})

test('retryPolicyFor() adds to the policy of the route', () => {
  const route = policy({ retryOn: 'retriable-4xx', numRetries: 4 })
  const both = retryPolicyFor(request({ 'x-envoy-retry-grpc-on': 'unavailable' }), route)
  assert.equal(both?.retryOnResponse(409, new HeaderList()), true)
  assert.equal(both?.retryOnResponse(200, new HeaderList(['grpc-status', '14'])), true)
  assert.equal(both?.maxRetries, 4)
  const codes = retryPolicyFor(
    request({
      'x-envoy-retry-on': 'retriable-status-codes,retriable-headers',
      'x-envoy-retriable-status-codes': '418,x',
      'x-envoy-retriable-header-names': 'X-Again',
    }),
    route,
  )
  assert.equal(codes?.retryOnResponse(418, new HeaderList()), true)
  assert.equal(codes?.retryOnResponse(200, new HeaderList(['x-again', ''])), true)
  assert.equal(codes?.retryOnResponse(200, new HeaderList()), false)
})

test('retryPolicyFor() gives the policy of the route itself when the request says nothing', () => {
  const route = policy({ retryOn: '5xx' })
  assert.equal(retryPolicyFor(request(), route), route)
  assert.equal(retryPolicyFor(request({ 'x-envoy-max-retries': '3' }), undefined), undefined)
  const limited = policy({ retryOn: '5xx', retriableRequestHeaders: [{ name: 'x-idempotent' }] })
  assert.equal(retryPolicyFor(request(), limited), undefined)
})
