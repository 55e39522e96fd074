import assert from 'node:assert/strict'
import { test } from 'node:test'
import { captureRules, gatewayRules } from './capture-rules.ts'

test('captureRules() sends what comes in and goes out to the proxy, and leaves the proxy’s own traffic alone', () => {
  const rules = captureRules('10.70.0.1').split('\n')
  const outputs = rules.filter(rule => rule.startsWith('-A ISTIO_OUTPUT'))
  assert.deepEqual(outputs, [
    '-A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN',
    '-A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT',
    '-A ISTIO_OUTPUT -o lo -p tcp -m owner ! --uid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT',
    '-A ISTIO_OUTPUT -o lo -p tcp -m owner ! --gid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN',
    '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
    '-A ISTIO_OUTPUT -p tcp -j ISTIO_REDIRECT',
  ])
  const inbound = rules.filter(rule => rule.startsWith('-A ISTIO_INBOUND'))
  assert.deepEqual(inbound, ['-A ISTIO_INBOUND -s 10.70.0.1/32 -p tcp -j RETURN', '-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT'])
})

test('gatewayRules() keeps the admin endpoint from other pods and captures nothing', () => {
  const rules = gatewayRules('10.70.0.1')
  assert.ok(!rules.includes('REDIRECT'))
  assert.match(rules, /--dport 15000 -j DROP/)
  assert.ok(captureRules('10.70.0.1').endsWith(rules))
})
