import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILURES, resetFlag, upstreamReset } from './failure.ts'

test('FAILURES tells each failure apart by its details, with a sentence of advice', () => {
  const failures = Object.values(FAILURES)
  assert.equal(new Set(failures.map(failure => failure.details)).size, failures.length)
  for (const { status, advice } of failures) {
    assert.ok(status >= 400 && status < 600)
    assert.match(advice, /^[A-Z].{10,}[^.]$/)
  }
})

test('upstreamReset() says why in Envoy’s words; the cause of a failed connection is for the log only', () => {
  const failure = upstreamReset('connect-failure', true, 'delayed connect error: Connection refused')
  assert.equal(
    failure.body,
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure',
  )
  assert.equal(
    failure.details,
    'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
  )
  assert.deepEqual([upstreamReset('overflow', false, '').status, upstreamReset('protocol-error', false, '').status], [503, 502])
  assert.deepEqual([resetFlag('overflow'), resetFlag('connection-closed'), resetFlag('refused-stream')], ['UO', 'UC', 'UR'])
})
